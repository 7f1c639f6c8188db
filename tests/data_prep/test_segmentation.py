from itertools import pairwise

import pytest
import torch

from data_prep.corpora.utterance import File
from data_prep.rules import Rules
from data_prep.segmentation import find_cuts
from lfsc.audio import files

RATE = 16000
RULES = Rules(sample_rate=22050, min_seconds=0.4, max_seconds=10.0, min_rate=16000, long="cut")


def recording(seconds: float, pauses: list[float] = ()) -> bytes:
    """Noise with half a second of silence around each of `pauses`."""
    audio = 0.1 * torch.randn(int(seconds * RATE), generator=torch.Generator().manual_seed(0))
    for pause in pauses:
        audio[int((pause - 0.25) * RATE) : int((pause + 0.25) * RATE)] = 0
    return files.encode(audio, sample_rate=RATE, format="wav")


def edges(content: bytes, rules: Rules = RULES) -> list[float]:
    info = files.probe(content)
    return [edge / RATE for edge in find_cuts(File(""), content, info, rules, start=0, end=info.num_samples)]


def test_cuts_are_in_the_pauses():
    pauses = [7.0, 15.5, 22.0, 29.5]
    found = edges(recording(36.0, pauses))
    assert found[0] == 0
    assert found[-1] == 36.0
    for cut, pause in zip(found[1:-1], pauses, strict=True):
        assert abs(cut - pause) < 0.2


@pytest.mark.parametrize("seconds", [10.01, 10.3, 15.0, 20.2, 61.7])
def test_no_piece_is_too_long_or_too_short(seconds):
    found = edges(recording(seconds))
    lengths = [end - start for start, end in pairwise(found)]
    assert max(lengths) <= 10.0
    assert min(lengths) >= 0.4
    assert all(length >= 4.9 for length in lengths[:-1])


@pytest.mark.parametrize(
    ("shortest", "longest", "seconds", "kept"), [(3, 5, 5.5, 3), (3, 5, 20, 15), (9, 10, 61.7, 54), (0.4, 0.41, 1, 0.8)]
)
def test_pieces_are_no_shorter_than_the_shortest_where_that_is_over_half_of_the_longest(
    shortest, longest, seconds, kept
):
    found = edges(recording(seconds), RULES._replace(min_seconds=shortest, max_seconds=longest))
    lengths = [end - start for start, end in pairwise(found)]
    assert max(lengths) <= longest + 0.04
    assert all(length >= shortest for length in lengths[:-1])
    assert sum(length for length in lengths if length >= shortest) >= kept


def test_what_is_short_enough_or_to_be_kept_stays_whole():
    assert edges(recording(10.0)) == [0, 10.0]
    assert edges(recording(25.0), RULES._replace(long="keep")) == [0, 25.0]


def test_long_recordings_are_read_in_blocks(monkeypatch):
    content = recording(36.0, [7.0, 15.5, 22.0, 29.5])
    whole = edges(content)
    monkeypatch.setattr("data_prep.segmentation.BLOCK_SECONDS", 5)
    assert edges(content) == whole


def test_a_part_is_cut_by_itself():
    content = recording(36.0, [7.0, 15.5, 22.0, 29.5])
    info = files.probe(content)
    start, end = 9 * RATE, 26 * RATE
    found = find_cuts(File(""), content, info, RULES, start=start, end=end)
    assert (found[0], found[-1]) == (start, end)
    assert abs(found[1] / RATE - 15.5) < 0.2
    assert all(after - before <= 10 * RATE for before, after in pairwise(found))
