import itertools
import json
import re
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from lfsc.audio import files
from lfsc.cli import main
from lfsc.shards.tar import Sample, read, write
from lfsc.tokens.batching import Clip
from lfsc.tokens.dataset import TokenClip, TokenShards, pad
from lfsc.tokens.layouts import Vocabulary, delay
from lfsc.tokens.tokenize import make_token_sample

PAGE = Path(__file__).resolve().parents[2] / "docs/tokens.md"


@pytest.fixture
def folder(tmp_path):
    for shard in range(5):
        samples = [clip(f"{shard}-{number}") for number in range(4)]
        write(tmp_path / f"{shard}.tar", samples)
    return tmp_path


def clip(key, codec="0123456789abcdef"):
    tokens = torch.randint(0, 2016, (8, 3))
    return make_token_sample(Clip(key, {"language": "en"}, torch.zeros(3000)), tokens, codec)


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
    with pytest.raises(ValueError, match=r"9\.tar: other: of codec fedcba9876543210, others are of 0123456789abcdef"):
        keys(TokenShards(folder))


def test_too_few_shards_and_shards_of_something_else_are_told(folder):
    with pytest.raises(ValueError, match="5 shards with clips for 8 ranks"):
        TokenShards(folder, world_size=8)
    write(folder / "0.tar", [Sample("a", {"flac": b"1", "json": json.dumps({}).encode()})])
    with pytest.raises(ValueError, match="is this a shard of tokens"):
        keys(TokenShards(folder))


def test_epochs_differ_and_each_has_all_clips(folder):
    found = [keys(TokenShards(folder, seed=0, epoch=epoch)) for epoch in range(3)]
    assert len({tuple(epoch) for epoch in found}) == 3
    assert len({tuple(sorted(epoch)) for epoch in found}) == 1
    assert keys(TokenShards(folder, seed=1)) != found[1], "the next seed is not the next epoch"
    with pytest.raises(ValueError, match="epoch 1 changes nothing without a seed"):
        TokenShards(folder, epoch=1)


def test_repeated_epochs_follow_each_other_on_every_rank(folder):
    """Five shards for two ranks of two workers: however unequal their shares, none runs out."""
    for rank in range(2):
        dataset = TokenShards(folder, rank=rank, world_size=2, seed=0, epoch=1, repeat=True)
        loader = DataLoader(dataset, batch_size=None, num_workers=2, multiprocessing_context="fork")
        assert len(list(islice(loader, 30))) == 30
    endless = iter(TokenShards(folder, seed=0, epoch=1, repeat=True))
    for epoch in (1, 2):
        assert [next(endless).key for _ in range(20)] == keys(TokenShards(folder, seed=0, epoch=epoch))


def test_a_worker_without_a_share_ends_although_epochs_are_repeated(folder):
    dataset = TokenShards(folder, repeat=True)
    loader = DataLoader(dataset, batch_size=None, num_workers=6, multiprocessing_context="fork")
    found = {clip.key for clip in islice(loader, 60)}
    assert found == set(keys(TokenShards(folder)))


def test_an_empty_shard_is_no_share_of_a_rank(folder):
    """Three shards with clips for two ranks: in no epoch does one of them have the empty shard alone."""
    for shard in (1, 3):
        write(folder / f"{shard}.tar", [])
    for rank in range(2):
        dataset = TokenShards(folder, rank=rank, world_size=2, seed=0, repeat=True)
        assert len(list(itertools.islice(dataset, 200))) == 200
    with pytest.raises(ValueError, match="3 shards with clips for 4 ranks"):
        TokenShards(folder, world_size=4)


def test_workers_that_persist_follow_the_epoch(folder):
    dataset = TokenShards(folder, seed=0)
    loader = DataLoader(
        dataset, batch_size=None, num_workers=2, persistent_workers=True, multiprocessing_context="fork"
    )
    found = []
    for epoch in (0, 1, 0):
        dataset.epoch = epoch
        found.append(keys(loader))
    assert found[0] == found[2] != found[1]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, write_index) -> Path:
    """Tokens that `lfsc tokenize` made of a corpus of two splits."""
    root = tmp_path_factory.mktemp("corpus")
    for split, clips in {"train": 6, "val": 2}.items():
        samples = [
            Sample(f"{split}{number}", {"flac": files.encode(0.1 * torch.randn(400 * (number + 1)), sample_rate=22050,
                                                             format="flac"), "json": b'{"text": "yes"}'})
            for number in range(clips)
        ]  # fmt: skip
        (root / "speech/one/en").mkdir(parents=True, exist_ok=True)
        write(root / f"speech/one/en/{split}-0.tar", samples)
    shards = {("one/en", "train"): {"train-0.tar": (6, 1.0)}, ("one/en", "val"): {"val-0.tar": (2, 1.0)}}
    write_index(root / "speech", shards)
    return root


@pytest.fixture
def tokenized(corpus, write_checkpoint) -> Path:
    codec = write_checkpoint(corpus / "codec.ckpt", num_codebooks=8)
    out = corpus / "tokens"
    assert main(["tokenize", str(corpus / "speech"), str(out), "--codec", str(codec), "--workers", "1"]) == 0
    return out


def test_splits_are_not_mixed(tokenized):
    assert keys(TokenShards(tokenized, split="train")) == [f"train{number}" for number in range(6)]
    assert keys(TokenShards(tokenized, split="val")) == ["val0", "val1"]
    with pytest.raises(ValueError, match=r"holds the splits train, val: choose one with split="):
        TokenShards(tokenized)
    with pytest.raises(ValueError, match=r"has no split 'test': only train, val"):
        TokenShards(tokenized, split="test")
    alone = tokenized / "one/en/val-0.tar"
    assert keys(TokenShards(alone)) == ["val0", "val1"]
    with pytest.raises(ValueError, match=r"no split 'val': its index.json names none"):
        TokenShards(alone, split="val")


def test_the_example_of_the_page_runs(tokenized, monkeypatch, capsys):
    monkeypatch.chdir(tokenized.parent)
    (example,) = [
        text for text in re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL) if "TokenShards" in text
    ]
    exec(compile(example, str(PAGE), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and all("'yes'" in line for line in lines)
    assert lines[0].split("[", 1)[1] != lines[2].split("[", 1)[1], "the epochs differ"


def test_padding_is_behind_the_shorter_clips():
    clips = [TokenClip(str(frames), torch.full((2, frames), frames), {"n": frames}) for frames in (3, 1)]
    batch = pad(clips, value=-1)
    assert batch.tokens.tolist() == [[[3, 3, 3]] * 2, [[1, -1, -1]] * 2]
    assert (batch.keys, batch.lengths.tolist(), batch.notes) == (["3", "1"], [3, 1], [{"n": 3}, {"n": 1}])
    vocabulary = Vocabulary(2, 5)
    rows = pad(clips, value=10, layout=partial(delay, vocabulary=vocabulary, pad=10))
    assert rows.tokens.tolist() == [[[3, 3, 3, 10], [10, 8, 8, 8]], [[1, 10, 10, 10], [10, 6, 10, 10]]]


@pytest.mark.parametrize("spoil", [{"tokens": torch.zeros(7, 3)}, {"tokens": torch.full((8, 3), 60_000)}])
def test_what_is_not_as_the_index_says_is_told(tokenized, spoil):
    (index,) = [json.loads((tokenized / "index.json").read_text())]
    sample = make_token_sample(Clip("odd", {}, torch.zeros(20)), spoil["tokens"], index["codec"])
    write(tokenized / "one/en/val-0.tar", [sample])
    with pytest.raises(ValueError, match=r"val-0\.tar: odd: (7 codebooks, others have 8|code 60000 in a codebook)"):
        keys(TokenShards(tokenized, split="val"))


def test_a_shard_with_fewer_clips_than_its_index_says_is_told(tokenized):
    shard = tokenized / "one/en/train-0.tar"
    write(shard, [*read(shard)][:1])
    with pytest.raises(ValueError, match=r"train-0\.tar: its index promises 6 clips, it has 1: copy or make it again"):
        keys(TokenShards(tokenized, split="train"))


def test_a_rank_that_is_none_is_refused(folder):
    with pytest.raises(ValueError, match="rank 2 of 2"):
        TokenShards(folder, rank=2, world_size=2)
