import pytest

from data_prep.split import choose_validation_speakers


def chosen(seconds, share=0.1, seed=0):
    return choose_validation_speakers(seconds, share=share, seed=seed)[0]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_about_the_share_of_many_speakers(share, seed):
    seconds = {f"s{number}": 10.0 + number % 7 for number in range(200)}
    held_out = sum(seconds[name] for name in chosen({"en": seconds}, share, seed))
    assert 0.8 * share < held_out / sum(seconds.values()) <= share


def test_the_seed_decides():
    seconds = {"en": {f"s{number}": 10.0 for number in range(50)}}
    assert chosen(seconds, seed=1) == chosen(seconds, seed=1) != chosen(seconds, seed=2)


def test_of_two_speakers_the_shorter_validates():
    assert chosen({"en": {"long": 100.0, "short": 90.0}}) == {"short"}


def test_a_single_speaker_trains_and_it_is_said():
    found, notes = choose_validation_speakers({"en": {"a": 10.0, "b": 9.0}, "de": {"c": 1.0}}, share=0.1, seed=0)
    assert found == {"b"}
    assert len(notes) == 1
    assert notes[0].endswith("no validation in de")


def test_single_speakers_everywhere_still_leave_one_for_validation():
    found, notes = choose_validation_speakers(
        {"en": {"a": 10.0}, "de": {"c": 1.0}, "fr": {"d": 5.0}}, share=0.1, seed=0
    )
    assert found == {"c"}
    assert notes[0].endswith("en, fr")
    assert notes[1].endswith("no training in de")


def test_a_language_that_loses_its_only_speaker_to_validation_is_told():
    seconds = {"en": {"a": 10.0, "b": 1.0}, "de": {"b": 2.0}}
    assert choose_validation_speakers(seconds, share=0.1, seed=0) == (
        {"b"},
        ["whoever speaks there validates, so no training in de"],
    )


def test_nothing_is_held_out_on_request():
    assert choose_validation_speakers({"en": {"a": 1.0, "b": 1.0}}, share=0, seed=0) == (set(), [])
