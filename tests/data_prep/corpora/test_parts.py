import pytest

from data_prep.corpora.parts import Parts, kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("LibriTTS/train-clean-360/14/208/14_208_1_0.wav", "train"),
        ("dev-other/116/1/116-1-0000.flac", "dev"),
        ("raw/test-clean.tar.gz", "test"),
        ("mls_polish/test/audio/1/2/1_2_3.opus", "test"),
        ("dev-clean-2/84/1/84-1-0.flac", "dev"),
        ("testing/1/2/1-2-3.wav", None),
    ],
)
def test_folders_and_archives_name_their_part(name, kind):
    assert kind_of(name) == kind


def test_published_parts_are_splits_and_test_speakers_stay_out():
    parts = Parts(["train-clean-100/a.wav", "dev-clean/b.wav", "test-other/c.wav"])
    assert [parts.split(name) for name in ("train-clean-100/a.wav", "dev-clean/b.wav")] == ["train", "val"]
    assert [parts.leaves_out(name) for name in ("dev-clean/b.wav", "test-other/c.wav")] == [False, True]


def test_without_a_part_for_training_or_validation_speakers_decide():
    alone = Parts(["dev-clean/b.wav", "test-clean/c.wav"])
    assert alone.split("dev-clean/b.wav") is None
    assert not alone.leaves_out("test-clean/c.wav")
    no_dev = Parts(["train-clean-100/a.wav", "test-clean/c.wav"])
    assert no_dev.split("train-clean-100/a.wav") is None
    assert no_dev.leaves_out("test-clean/c.wav")
