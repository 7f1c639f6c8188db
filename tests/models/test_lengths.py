import pytest
import torch

from lfsc.models.lengths import frames_of, mask_padding, pad_to


@pytest.mark.parametrize("num_samples", [0, 1, 7, 8, 9, 16])
def test_frames_hold_all_samples_and_none_is_empty(num_samples):
    frames = frames_of(num_samples, 8)
    assert 0 <= 8 * frames - num_samples < 8
    assert frames_of(torch.tensor([num_samples]), 8).tolist() == [frames]


@pytest.mark.parametrize("shape", [(3, 10), (3, 2, 10)])
def test_behind_each_clips_end_are_zeros(shape):
    x = torch.rand(shape) + 1
    masked = mask_padding(x, torch.tensor([10, 4, 0]))
    for row, clip, length in zip(masked, x, (10, 4, 0), strict=True):
        assert torch.equal(row[..., :length], clip[..., :length]) and not row[..., length:].any()


def test_padding_only_adds_zeros():
    x = torch.ones(2, 3)
    assert pad_to(x, 5).tolist() == [[1, 1, 1, 0, 0]] * 2
    assert pad_to(x, 3) is pad_to(x, 2) is x
