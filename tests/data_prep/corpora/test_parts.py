import pytest

from data_prep.corpora.parts import Parts, kind_of_path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("LibriTTS/train-clean-360/14/208/14_208_1_0.wav", "train"),
        ("dev-other/116/1/116-1-0000.flac", "dev"),
        ("raw/test-clean.tar.gz", "test"),
        ("mls_polish/test/audio/1/2/1_2_3.opus", "test"),
        ("dev-clean-2/84/1/84-1-0.flac", "dev"),
        ("TIMIT/TRAIN/DR1/FCJF0/SA1.WAV", "train"),
        ("data/train_nodev", "train"),
        ("eval2000", "test"),
        ("en-de/data/tst-COMMON/wav/ted_1.wav", "test"),
        ("validation-00000.tar", "dev"),
        ("test/train_set/1/dev_1.wav", "train"),
        ("trains/valentin/developers/tests/1.wav", None),
    ],
)
def test_folders_and_archives_name_their_part(name, kind):
    assert kind_of_path(name) == kind


def test_published_parts_are_splits_and_test_speakers_stay_out():
    parts = Parts(["train", "dev", None, "test"])
    assert [parts.split(kind) for kind in ("train", "dev", None)] == ["train", "val", None]
    assert [parts.leaves_out(kind) for kind in ("train", "dev", "test", None)] == [False, False, True, False]


def test_without_a_part_for_training_or_validation_speakers_decide():
    alone = Parts(["dev", "test"])
    assert alone.split("dev") is None
    assert not alone.leaves_out("test")
    no_dev = Parts(["train", "test"])
    assert no_dev.split("train") is None
    assert no_dev.leaves_out("test")
