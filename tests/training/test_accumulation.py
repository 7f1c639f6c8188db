"""An update in pieces is the update."""

import pytest
import torch

from lfsc.training.accumulation import Pieces


@pytest.mark.parametrize(("count", "turns"), [(1, 1), (2, 4), (4, 8)])
def test_one_piece_is_compared_once_and_several_in_each_turn(count, turns):
    compared = []
    pieces = Pieces(torch.zeros(4, 8), count=count, compare=lambda audio: compared.append(audio.shape) or len(compared))
    assert len(list(pieces.without_graphs())) == len(list(pieces)) == len(pieces) == count
    assert compared == [(4 // count, 8)] * turns


@pytest.mark.parametrize("count", [1, 2])
def test_a_turn_that_does_not_reach_the_codec_builds_no_graph_of_several(count):
    weight = torch.ones(1, requires_grad=True)
    pieces = Pieces(torch.ones(2, 3), count=count, compare=lambda audio: weight * audio)
    assert all(piece.requires_grad for piece in pieces)
    assert [piece.requires_grad for piece in pieces.without_graphs()] == ([True] if count == 1 else [False, False])


def test_the_pieces_are_equal():
    with pytest.raises(ValueError, match="4 clips cannot be cut into num_micro_batches=3 equal pieces"):
        Pieces(torch.zeros(4, 8), count=3, compare=len)
