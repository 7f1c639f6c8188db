"""NeMo's training beside ours, as benchmarks/curves.py has it."""

import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "curves.py"


@pytest.mark.peer
@pytest.mark.slow
def test_nemo_and_lfsc_train_with_the_same_losses(noise_corpus, nemo_python, tmp_path):
    options = ["--updates", "3", "--batch", "1", "--nemo-python", nemo_python, "--out", tmp_path / "curves.png"]
    result = subprocess.run([sys.executable, BENCHMARK, noise_corpus, *options], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    rows = [[float(number) for number in re.findall(r"[\d.]+", line)] for line in result.stdout.splitlines()[2:4]]
    assert [row[0] for row in rows] == [1, 3]
    theirs, ours = numpy.array(rows)[:, 1::2], numpy.array(rows)[:, 2::2]
    assert ours.shape == (2, 5)
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-6)
    assert (tmp_path / "curves.png").stat().st_size > 10_000
