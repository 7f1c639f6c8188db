"""A codec to export."""

from pathlib import Path

import pytest

# Few layers: torch takes its time over each.
NARROW = {"rates": (4,), "kernel_sizes": [3]}


@pytest.fixture
def codec(make_codec):
    return make_codec(**NARROW)


@pytest.fixture
def checkpoint(tmp_path, write_checkpoint) -> Path:
    """A training checkpoint of `make_codec(**NARROW)`."""
    return write_checkpoint(tmp_path / "trained.ckpt", **NARROW)
