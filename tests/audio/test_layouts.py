import pytest

from lfsc.audio.layouts import Labels, describe_labels, find_layout, is_common_voice


def test_a_layout_that_is_given_is_read_from_both_ends():
    names = ["a/b/c/d/e.wav"]
    for spec, labels in {
        "language/speaker/*": Labels("a", "b"),
        "*/language/speaker": Labels("c", "d"),
        "set/language/*/speaker": Labels("b", "d"),
        "speaker": Labels(None, "a"),
        "*": Labels(),
    }.items():
        assert find_layout(names, root="", spec=spec).labels(names[0]) == labels
    assert find_layout(names, root="", spec="language/speaker").labels("a/b.wav") is None


@pytest.mark.parametrize("spec", ["", "a/*", "a/b", "speaker/*/*", "speaker/speaker", "*/language/*"])
def test_a_layout_that_says_nothing_is_refused(spec):
    with pytest.raises(ValueError, match=r"expected words such as language/speaker/\*"):
        find_layout(["a"], root="", spec=spec)


def test_what_was_understood_is_a_sentence():
    labels = [Labels("de", "a"), Labels("de", "b"), Labels("fr", None), None]
    assert describe_labels("x/*", labels) == (
        "understood as x/*: 3 recordings, 2 speakers such as a, 1 recording of unknown speakers; language: de, fr"
    )


def test_common_voice_is_known_by_its_clips():
    assert is_common_voice(["cv/de/clips/common_voice_de_17299881.mp3"])
    assert not is_common_voice(["de/ann/a.mp3"])
