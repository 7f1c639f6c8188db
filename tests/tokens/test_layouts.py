from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from lfsc.tokens.layouts import Vocabulary, deinterleave, delay, flat, interleave, undelay, unflat

VOCABULARIES = [
    Vocabulary(8, 2016),
    Vocabulary(8, 2016, first=32000),
    Vocabulary(3, 5, first=7, shared=True),
    Vocabulary(4, 4032, first=64400),
    Vocabulary(13, 2016),
]
LAYOUTS = {"flat": (flat, unflat), "interleaved": (interleave, deinterleave)}


def tokens_of(vocabulary, *batch, frames=11):
    generator = torch.Generator().manual_seed(frames)
    return torch.randint(0, vocabulary.codebook_size, (*batch, vocabulary.num_codebooks, frames), generator=generator)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("vocabulary", VOCABULARIES)
@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
@pytest.mark.parametrize("frames", [0, 1, 11])
def test_sequences_and_back(layout, vocabulary, shape, frames):
    there, back = LAYOUTS[layout]
    tokens = tokens_of(vocabulary, *shape, frames=frames)
    ids = there(tokens, vocabulary)
    assert ids.shape == (*shape, vocabulary.num_codebooks * frames)
    assert torch.equal(back(ids, vocabulary), tokens)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
@pytest.mark.parametrize("shape", [(), (2,)])
@pytest.mark.parametrize("frames", [0, 1, 11])
def test_delayed_rows_and_back(vocabulary, shape, frames):
    tokens = tokens_of(vocabulary, *shape, frames=frames)
    ids = delay(tokens, vocabulary, pad=vocabulary.end)
    assert ids.shape == (*shape, vocabulary.num_codebooks, frames + vocabulary.num_codebooks - 1)
    assert (ids == vocabulary.end).sum() == ids.numel() - tokens.numel()
    assert torch.equal(undelay(ids, vocabulary), tokens)


def test_what_the_layouts_look_like():
    tokens = torch.tensor([[1, 2, 3], [4, 5, 6]])
    vocabulary = Vocabulary(2, 10, first=100)
    assert flat(tokens, vocabulary).tolist() == [101, 102, 103, 114, 115, 116]
    assert interleave(tokens, vocabulary).tolist() == [101, 114, 102, 115, 103, 116]
    assert delay(tokens, vocabulary, pad=0).tolist() == [[101, 102, 103, 0], [0, 114, 115, 116]]
    shared = replace(vocabulary, shared=True)
    assert interleave(tokens, shared).tolist() == [101, 104, 102, 105, 103, 106]
    assert (vocabulary.end, shared.end) == (120, 110)


LAYING = [flat, interleave, partial(delay, pad=100), unflat, deinterleave, undelay]


@pytest.mark.parametrize("lay", LAYING)
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0, 1], [0, 1]], r"are a list, expected an integer tensor \[\.\.\."),
        (np.zeros((2, 2), dtype=int), r"are a ndarray, expected an integer tensor"),
        (torch.zeros(2, 2), r"are torch.float32, expected integers: write (ids|tokens)\.long\(\)"),
        (torch.ones(2, 2, dtype=torch.bool), "are torch.bool, expected integers"),
        (torch.tensor(3), r"are \[\], expected \[\.\.\."),
    ],
)
def test_what_is_no_tensor_of_whole_numbers_is_told(lay, values, message):
    with pytest.raises(ValueError, match=message):
        lay(values, Vocabulary(2, 4))


def test_padding_is_no_token():
    tokens, vocabulary = torch.zeros(2, 3, dtype=torch.long), Vocabulary(2, 10, first=100)
    for pad in (100, 119):
        with pytest.raises(ValueError, match=f"pad is {pad}, the id of a token: expected one outside of 100 to 119"):
            delay(tokens, vocabulary, pad=pad)
    for pad in (99, 120):
        assert (delay(tokens, vocabulary, pad=pad) == pad).sum() == 2
    for pad in (None, -1.5, "<pad>"):
        with pytest.raises(ValueError, match=f"pad is {pad!r}: expected a whole number"):
            delay(tokens, vocabulary, pad=pad)


def test_every_token_of_every_codebook_has_an_id_of_its_own():
    vocabulary = Vocabulary(8, 2016, first=5)
    tokens = torch.arange(2016).expand(8, -1)
    ids = interleave(tokens, vocabulary)
    assert ids.sort().values.tolist() == list(range(5, vocabulary.end))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: unflat(torch.arange(7), v), "7 ids are 3 frames of 2 and 1 more: drop the last 1"),
        (
            lambda v: deinterleave(torch.tensor([100, 110, 100, 105]), v),
            "id 105 at frame 1 of codebook 1, .* 110 to 119",
        ),
        (lambda v: v.tokens(torch.full((2, 3), 100.0)), r"ids are torch.float32, expected integers: write ids\.long"),
        (lambda v: undelay(torch.zeros(3, 5).long(), v), r"ids \[3, 5\], expected \[\.\.\., 2,"),
        (lambda v: flat(torch.zeros(3, 5).long(), v), "of 3 codebooks, expected 2"),
        (lambda v: flat(torch.tensor([[0, 1], [10, 2]]), v), "token 10 at frame 0 of codebook 1, expected 0 to 9"),
    ],
)
def test_what_a_language_model_got_wrong_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call(Vocabulary(2, 10, first=100))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": -1}, "first is -1: expected a whole number of 0 or more"),
        ({"first": 1.5}, "first is 1.5"),
        ({"num_codebooks": 0}, "num_codebooks is 0: expected a whole number of 1 or more"),
        ({"codebook_size": None}, "codebook_size is None"),
        ({"shared": "no"}, "shared is 'no': expected true or false"),
    ],
)
def test_what_is_no_vocabulary_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(**{"num_codebooks": 2, "codebook_size": 10} | arguments)
