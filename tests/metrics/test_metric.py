import pytest
import torch

from lfsc.audio.resampling import resample
from lfsc.metrics.metric import Pair


def test_a_pair_is_resampled_once_a_rate():
    fake, real = torch.randn(2, 2205, generator=torch.Generator().manual_seed(0))
    pair = Pair(fake=fake, real=real, sample_rate=22050)
    assert pair.at(22050).fake is fake
    assert torch.equal(pair.at(16000).real, resample(real, from_rate=22050, to_rate=16000))
    assert pair.at(16000).fake is pair.at(16000).fake


def test_a_pair_of_different_lengths_is_refused():
    with pytest.raises(ValueError, match="fake has 9 samples, real 10"):
        Pair(fake=torch.zeros(9), real=torch.zeros(10), sample_rate=22050)
