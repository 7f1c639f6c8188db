from data_prep.catalogue import LEFT_OUT, TRAIN, UNDECIDED, VAL, Catalogue
from data_prep.corpora.utterance import File, Utterance
from data_prep.scan import Examined


def filled(*rows: tuple[str, str, str, str | None, int]) -> Catalogue:
    """Of (key, language, speaker, split, fingerprint), ten seconds each."""
    catalogue = Catalogue()
    for place, (key, language, speaker, split, fingerprint) in enumerate(rows):
        catalogue.add(Examined(Utterance(key, File(key), language, speaker, split), 10.0, fingerprint), place)
    return catalogue


def test_the_first_of_equal_recordings_stays():
    catalogue = filled(
        ("a", "en", "x", None, 7), ("b", "en", "y", None, 8), ("c", "de", "z", None, 7), ("b", "en", "y", None, 9)
    )
    assert catalogue.leave_out_repeated(catalogue.keys) == [3]
    assert catalogue.leave_out_repeated(catalogue.fingerprints) == [2]
    assert list(catalogue.splits).count(LEFT_OUT) == 2


def test_what_is_left_out_does_not_make_others_duplicates():
    catalogue = filled(("a", "en", "x", None, 1), ("a", "en", "x", None, 2), ("b", "en", "y", None, 2))
    assert catalogue.leave_out_repeated(catalogue.keys) == [1]
    assert catalogue.leave_out_repeated(catalogue.fingerprints) == []


def test_a_speaker_of_validation_leaves_training_in_every_language():
    catalogue = filled(("a", "en", "x", "train", 1), ("b", "de", "x", "val", 2), ("c", "en", "y", "train", 3))
    assert catalogue.leave_out_crossing() == [0]
    assert [(language, split) for language, split, _ in catalogue.groups()] == [("de", "val"), ("en", "train")]


def test_parts_that_share_their_speakers_are_no_splits():
    rows = [(f"{split}{number}", "en", f"s{number}", split, number) for split in ("train", "val") for number in (1, 2)]
    catalogue = filled(*rows, ("c", "en", "other", "train", 3))
    assert catalogue.settle_splits() == [
        "the corpus has the same speakers in training and validation: they are divided anew"
    ]
    assert catalogue.leave_out_crossing() == []
    catalogue.divide(val_share=0.2, seed=0)
    sizes = {split: len(rows) for _, split, rows in catalogue.groups()}
    assert sizes == {"train": 4, "val": 1}
    assert filled(*rows[1:], ("c", "en", "other", "train", 3)).settle_splits() == []


def test_where_a_language_has_validation_the_rest_of_it_trains():
    catalogue = filled(
        ("a", "en", "x", None, 1), ("b", "en", "y", "val", 2), ("c", "de", "z", "train", 3), ("d", "fr", "w", None, 4)
    )
    assert catalogue.settle_splits() == []
    assert list(catalogue.splits) == [TRAIN, VAL, TRAIN, UNDECIDED]
    without = filled(("a", "en", "x", "train", 1), ("b", "en", "y", None, 2))
    without.settle_splits()
    assert list(without.splits) == [UNDECIDED, UNDECIDED]


def test_speakers_who_are_not_known_are_not_one_speaker():
    catalogue = filled(("a", "en", "unknown", "train", 1), ("b", "en", "unknown", "val", 2))
    assert catalogue.leave_out_crossing() == []


def test_groups_hold_every_row_once():
    rows = [(f"k{number}", "en" if number % 3 else "de", f"s{number % 5}", None, number) for number in range(100)]
    catalogue = filled(*rows)
    catalogue.divide(val_share=0.2, seed=0)
    groups = catalogue.groups()
    assert sorted(row for _, _, found in groups for row in found) == list(range(100))
    speakers = {
        split: {rows[row][2] for _, name, found in groups if name == split for row in found}
        for split in ("train", "val")
    }
    assert speakers["train"] and speakers["val"]
    assert not speakers["train"] & speakers["val"]


def test_one_speaker_alone_is_divided_by_recordings_and_it_is_said():
    catalogue = filled(*((f"k{number}", "en", "only", None, number) for number in range(20)))
    notes = catalogue.divide(val_share=0.1, seed=0)
    assert list(catalogue.splits).count(VAL) == 2
    assert "one speaker" in notes[0]


def languages_of_one_speaker() -> Catalogue:
    rows = [
        (f"{language}{number}", language, f"only {language}", None, number)
        for language in ("de", "fr")
        for number in range(20)
    ]
    rows += [(f"en{number}", "en", f"s{number % 4}", None, number) for number in range(20)]
    return filled(*rows, ("single", "kn", "one", None, 0))


def test_languages_of_one_speaker_validate_on_recordings_where_that_is_asked_for():
    catalogue = languages_of_one_speaker()
    notes = catalogue.divide(val_share=0.1, seed=0, on_trained=True)
    sizes = {(language, split): len(rows) for language, split, rows in catalogue.groups()}
    # One of English's four speakers, none of the language with a single recording.
    assert sizes == {("de", "train"): 18, ("de", "val"): 2, ("fr", "train"): 18, ("fr", "val"): 2,
                     ("en", "train"): 15, ("en", "val"): 5, ("kn", "train"): 1}  # fmt: skip
    assert notes == ["validation by 4 recordings of speakers who train, so not on new voices, in de, fr"]
    again = languages_of_one_speaker()
    again.divide(val_share=0.1, seed=0, on_trained=True)
    assert list(again.splits) == list(catalogue.splits)


def test_a_language_whose_one_speaker_validates_elsewhere_is_told_then_too():
    both = [(f"{language}{number}", language, "b", None, number) for language in ("de", "en") for number in range(5)]
    catalogue = filled(*both, *((f"a{number}", "en", "a", None, number) for number in range(20)))
    notes = catalogue.divide(val_share=0.1, seed=0, on_trained=True)
    assert {split for language, split, _ in catalogue.groups() if language == "de"} == {"val"}
    assert notes == ["whoever speaks there validates, so no training in de"]


def test_languages_of_one_speaker_do_not_validate_otherwise():
    catalogue = languages_of_one_speaker()
    notes = catalogue.divide(val_share=0.1, seed=0)
    assert {language for language, split, _ in catalogue.groups() if split == "val"} == {"en"}
    assert notes == [
        "only one speaker, who trains (unless --validate-on-trained-speakers), so no validation in de, fr, kn"
    ]
    nothing = languages_of_one_speaker()
    assert nothing.divide(val_share=0, seed=0, on_trained=True) == []
    assert {split for _, split, _ in nothing.groups()} == {"train"}


def test_single_speakers_alone_all_train_and_validate():
    catalogue = filled(*((f"{name}{n}", name, name, None, n) for name in ("de", "fr") for n in range(10)))
    catalogue.divide(val_share=0.05, seed=0, on_trained=True)
    sizes = {(language, split): len(rows) for language, split, rows in catalogue.groups()}
    assert sizes == {("de", "train"): 9, ("de", "val"): 1, ("fr", "train"): 9, ("fr", "val"): 1}


def test_an_empty_corpus():
    catalogue = Catalogue()
    assert catalogue.divide(val_share=0.1, seed=0) == []
    assert catalogue.groups() == []
