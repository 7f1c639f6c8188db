"""docs/logs.md lists every column that a run writes, and no other."""

import re
from pathlib import Path

import pytest

from lfsc.runs.metrics_rows import read_rows

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "logs.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## metrics.csv")[2].partition("\n## ")[0]
DOCUMENTED = re.findall(r"^\| `(\S+)` \|", SECTION, flags=re.MULTILINE)
LOSSES = "mel|stft|adversarial|features|discriminator"
NAMES = {"LOSS": LOSSES, "DISCRIMINATOR": "(stft|period|slm)_0", "N": r"\d"}


@pytest.fixture(scope="module")
def columns(train_run):
    """The columns of a run in which everything happens, with a warm-up before it."""
    everything = ("max_updates=4", "validate_every=2", "codebook_window=2", "checkpoint_every=2")
    options = ("loss_gradients_every=2", "discriminators.warmup_updates=2")
    return list(read_rows(train_run(*everything, *options).metrics_file)[0])


def pattern(documented: str) -> str:
    return re.sub("DISCRIMINATOR|LOSS|N$", lambda name: f"({NAMES[name[0]]})", documented)


def test_every_column_is_on_the_page_once(columns):
    for column in columns:
        assert sum(re.fullmatch(pattern(name), column) is not None for name in DOCUMENTED) == 1, column


def test_the_page_lists_no_column_that_is_not_written(columns):
    for name in DOCUMENTED:
        assert any(re.fullmatch(pattern(name), column) for column in columns), name
