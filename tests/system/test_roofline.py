"""The count of what an update asks of a GPU."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def count(*options: str) -> str:
    command = [sys.executable, "roofline.py", "--batch", "2", *options]
    return subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_products_are_those_of_an_update_on_a_cpu():
    printed = count()
    rows = {
        row[0]: [float(each) for each in row[1:]]
        for row in re.findall(r"^\| ([^|]+) " + r"\| ([\d.]+) " * 4, printed, re.M)
    }
    # Counted once by torch on a CPU.
    gflop_a_clip = int(re.search(r"^GFLOP_A_CLIP = (\d+)", (BENCHMARKS / "update.py").read_text(), re.M)[1])
    operations, moved, flops, seconds = rows.pop("all")
    assert 1e3 * flops / 2 == pytest.approx(gflop_a_clip, rel=0.02)
    assert [sum(row[column] for row in rows.values()) for column in range(4)] == pytest.approx(
        [operations, moved, flops, seconds], abs=1
    )
    # Weights, gradients and moments are read and written even if there is one clip.
    assert rows["optimizers"][1] > 2


@pytest.mark.slow
def test_discriminators_that_a_recipe_starts_late_are_counted():
    both, alone = re.search(r"both networks (\d+), of only the generator (\d+)", count("--recipe", "pocket")).groups()
    assert int(both) > int(alone)
