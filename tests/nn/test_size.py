import pytest
from torch import nn

from lfsc.nn.size import count_millions


def test_weights_and_biases_count():
    assert count_millions(nn.Linear(999, 1000)) == pytest.approx(1.0, abs=1e-12)
