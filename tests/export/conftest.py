"""A codec to export."""

from pathlib import Path

import pytest

# Few layers: torch takes its time over each.
NARROW = {"rates": (4,), "kernel_sizes": [3]}
SHAPES = {
    "usual": NARROW,
    "snakes": NARROW | {"activation": "half_snake", "pad_mode": "replicate", "output_activation": "clamp"},
    "causal": NARROW | {"causal": True, "activation": "half_snake", "grouped_upsampling": True},
    "causal both ways": NARROW | {"causal": True, "causal_encoder": True},
    "zeros": NARROW | {"activation": "elu", "pad_mode": "zeros", "grouped_upsampling": True},
}


@pytest.fixture(params=SHAPES)
def shape(request) -> dict:
    return SHAPES[request.param]


@pytest.fixture
def codec(make_codec, shape):
    return make_codec(**shape)


@pytest.fixture
def checkpoint(tmp_path, write_checkpoint, shape) -> Path:
    """A training checkpoint of `codec`."""
    return write_checkpoint(tmp_path / "trained.ckpt", **shape)
