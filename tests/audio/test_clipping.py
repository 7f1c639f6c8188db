import pytest
import torch

from lfsc.audio.clipping import measure_clipping


@pytest.mark.parametrize("ceiling", [1.0, 0.25, 1e-4])
@pytest.mark.parametrize("sign", [1, -1])
def test_flat_tops_are_counted_at_any_height(ceiling, sign):
    top, rise = torch.ones(10), torch.linspace(0, 0.9, 41)
    audio = sign * ceiling * torch.cat([rise, top, rise.flip(0), top[:1]])
    share, peak = measure_clipping(audio)
    assert (share, peak) == (9 / 92, pytest.approx(ceiling))


def test_equal_samples_below_the_peak_are_no_clipping():
    assert measure_clipping(torch.tensor([0.5, 0.5, 0.5, 1.0, -0.5, -0.5])).share == 0


@pytest.mark.parametrize("audio", [[], [0.0], [-0.5], [0.0] * 100])
def test_what_has_no_tops_is_not_clipped(audio):
    share, peak = measure_clipping(torch.tensor(audio))
    assert (share, peak) == (0, max(map(abs, audio), default=0))
    assert not str(peak).startswith("-")
