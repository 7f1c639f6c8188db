import math
from collections import Counter

import pytest
import torch

from lfsc.metrics.codebook import entropy, entropy_bitrate, token_counts, usage


def test_counts_agree_with_a_loop_and_add_up_over_batches():
    tokens = torch.randint(6, (3, 2, 11), generator=torch.Generator().manual_seed(0))
    tokens_len = torch.tensor([11, 4, 0])
    counts = token_counts(tokens, codebook_size=6, tokens_len=tokens_len)
    for codebook in range(2):
        loop = Counter(int(t) for clip, n in zip(tokens, tokens_len, strict=True) for t in clip[codebook, :n])
        assert counts[codebook].tolist() == [loop[token] for token in range(6)]
    halves = [token_counts(tokens[i : i + 1], codebook_size=6, tokens_len=tokens_len[i : i + 1]) for i in range(3)]
    assert torch.equal(sum(halves), counts)


def test_a_uniform_codebook_has_all_its_bits_and_a_collapsed_one_none():
    tokens = torch.stack([torch.arange(2016), torch.full((2016,), 7)])[None]
    counts = token_counts(tokens, codebook_size=2016)
    assert usage(counts).tolist() == [1.0, 1 / 2016]
    assert entropy(counts).tolist() == pytest.approx([math.log2(2016), 0])
    assert entropy_bitrate(counts, frame_rate=22050 / 1024) == pytest.approx(math.log2(2016) * 22050 / 1024)


def test_the_paper_s_bitrate():
    counts = torch.ones(8, 2016, dtype=torch.int64)
    assert entropy_bitrate(counts, frame_rate=22050 / 1024) == pytest.approx(1891, abs=0.5)


def test_no_tokens_at_all():
    counts = token_counts(torch.zeros(1, 2, 0, dtype=torch.int64), codebook_size=4)
    assert entropy(counts).tolist() == usage(counts).tolist() == [0, 0]


def test_tokens_of_another_codec_are_refused():
    with pytest.raises(ValueError, match="0…9, expected 0…3"):
        token_counts(torch.tensor([[[0, 9]]]), codebook_size=4)
