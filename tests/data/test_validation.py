import pytest
import torch
from corpora import write_corpus

from lfsc.data.batch import UnusableData
from lfsc.data.corpus import read_corpus
from lfsc.data.crops import Cropper
from lfsc.data.validation import ValidationClips, in_turns, split_evenly

RATE = 22050


@pytest.fixture
def validation(corpus):
    """A function that opens a rank's validation clips; the corpus has five clips in one language, two in another."""

    def opened(path=corpus, *, batch_size=2, max_clips=None, rank=0, world_size=1, length=4096):
        datasets = read_corpus(str(path), sample_rate=RATE).split("val")
        cropper = Cropper(sample_rate=RATE, length=length, min_duration=0.4)
        return ValidationClips(
            path=str(path), datasets=datasets, cropper=cropper, batch_size=batch_size, max_clips=max_clips, rank=rank,
            world_size=world_size,
        )  # fmt: skip

    return opened


@pytest.mark.parametrize("batch_size", [1, 2, 3, 16])
@pytest.mark.parametrize("world_size", [1, 2, 3, 7])
def test_every_clip_is_on_one_rank_and_all_ranks_have_as_many_batches(validation, batch_size, world_size):
    ranks = [list(validation(batch_size=batch_size, rank=rank, world_size=world_size)) for rank in range(world_size)]
    assert len({len(batches) for batches in ranks}) == 1
    sizes = [len(batch.keys) for batches in ranks for batch in batches]
    assert min(sizes) >= 1
    assert max(sizes) <= (batch_size if batch_size > 1 else 2)
    keys = sorted(key for batches in ranks for batch in batches for key in batch.keys)
    assert keys == ["va0", "va1", "va2", "va3", "va4", "vb0", "vb1"]


def test_the_same_crops_come_every_time_on_every_number_of_ranks(validation):
    def rows(batches):
        return {key: row for batch in batches for key, row in zip(batch.keys, batch.audio, strict=True)}

    once, again = rows(validation()), rows(validation(batch_size=7))
    split = rows(validation(rank=0, world_size=2)) | rows(validation(rank=1, world_size=2))
    assert once.keys() == again.keys() == split.keys()
    assert all(torch.equal(once[key], again[key]) and torch.equal(once[key], split[key]) for key in once)


def test_a_limit_takes_languages_in_turns(validation):
    keys = [key for batch in validation(max_clips=5) for key in batch.keys]
    assert keys == ["va0", "vb0", "va1", "vb1", "va2"]


def test_whole_clips_come_with_their_lengths(validation):
    (batch,) = validation(batch_size=7, length=None)
    assert batch.lengths.tolist() == [round(RATE * s) for s in (0.6, 0.6, 0.7, 0.7, 0.8, 0.9, 1.0)]
    assert batch.audio.shape == (7, RATE)
    for row, length in zip(batch.audio, batch.lengths, strict=True):
        assert row[:length].any() and not row[length:].any()


def test_fewer_clips_than_ranks_are_refused(validation):
    with pytest.raises(ValueError, match="7 validation clips for 8 ranks"):
        validation(world_size=8)


def test_an_unusable_clip_is_reported(validation, tmp_path):
    audio = torch.sin(torch.arange(20000) / 20)
    path = write_corpus(tmp_path, {"only/en": {"val": {"good": audio, "bad": b"no audio"}}})
    (batch,) = validation(path)
    assert batch.keys == ["good"]
    assert [skip.key for skip in batch.skipped] == ["bad"]


@pytest.mark.parametrize("batch_size", [1, 2])
def test_what_cannot_be_used_is_told_once_and_ends_nothing(validation, tmp_path, caplog, batch_size):
    audio = torch.sin(torch.arange(20000) / 20)
    path = write_corpus(tmp_path, {"only/en": {"val": {"bad": b"no audio", "good": audio, "worse": b""}}})
    batches = validation(path, batch_size=batch_size)
    with caplog.at_level("WARNING"):
        assert [batch.keys for batch in batches] == [batch.keys for batch in batches] == [["good"]]
    (record,) = caplog.records
    assert record.getMessage() == (
        "validation leaves out 2 clips: 1 not a recording that can be decoded (Format not recognised.), "
        "1 the file is empty; the last was worse"
    )


def test_validation_without_a_clip_that_can_be_used_ends(validation, tmp_path):
    path = write_corpus(tmp_path, {"only/en": {"val": {"bad": b"no audio", "worse": b"none"}}})
    with pytest.raises(UnusableData, match=r"^no validation clip can be used: 2 not a recording .* was worse; data"):
        list(validation(path, batch_size=1))


def test_turns_and_splits():
    assert in_turns([1, 3, 2]) == [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1), (1, 2)]
    assert split_evenly(list(range(7)), 3) == [[0, 1], [2, 3], [4, 5, 6]]
