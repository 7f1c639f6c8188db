import json

import pytest
import torch
from torch.utils.data import DataLoader

from lfsc.shards.tar import write
from lfsc.tokens.dataset import TokenShards
from lfsc.tokens.tokenize import Clip, token_sample


@pytest.fixture
def folder(tmp_path):
    for shard in range(5):
        samples = [clip(f"{shard}-{number}") for number in range(4)]
        write(tmp_path / f"{shard}.tar", samples)
    return tmp_path


def clip(key, codec="0123456789abcdef"):
    tokens = torch.randint(0, 2016, (8, 3))
    return token_sample(Clip(key, {"language": "en"}, torch.zeros(3000)), tokens, codec)


def keys(dataset):
    return [found.key for found in dataset]


def test_clips_come_once_in_order(folder):
    found = list(TokenShards(folder))
    assert [clip.key for clip in found] == [f"{shard}-{number}" for shard in range(5) for number in range(4)]
    assert found[0].tokens.shape == (8, 3) and found[0].tokens.dtype == torch.int64
    assert found[0].note["language"] == "en" and found[0].note["num_samples"] == 3000


@pytest.mark.parametrize("seed", [None, 3])
def test_ranks_and_workers_share_the_clips(folder, seed):
    found = []
    for rank in range(2):
        dataset = TokenShards(folder, rank=rank, world_size=2, seed=seed)
        loader = DataLoader(dataset, batch_size=None, num_workers=2, multiprocessing_context="fork")
        found.append(keys(loader))
    assert sorted(found[0] + found[1]) == sorted(keys(TokenShards(folder)))


def test_a_seed_shuffles_and_repeats(folder):
    first, again, other = (keys(TokenShards(folder, seed=seed, buffer=6)) for seed in (0, 0, 1))
    assert first == again != other
    assert sorted(first) == sorted(other)


def test_two_codecs_are_not_mixed(folder):
    write(folder / "9.tar", [clip("other", codec="fedcba9876543210")])
    with pytest.raises(ValueError, match=r"9\.tar: other is of codec fedcba9876543210, others are of 0123456789abcdef"):
        keys(TokenShards(folder))


def test_too_few_shards_and_shards_of_something_else_are_told(folder):
    with pytest.raises(ValueError, match="5 shards for 8 ranks"):
        TokenShards(folder, world_size=8)
    from lfsc.shards.tar import Sample

    write(folder / "0.tar", [Sample("a", {"flac": b"1", "json": json.dumps({}).encode()})])
    with pytest.raises(ValueError, match="is this a shard of tokens"):
        keys(TokenShards(folder))
