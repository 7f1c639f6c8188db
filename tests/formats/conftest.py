"""Codecs as people hold them, at a tiny shape."""

from pathlib import Path

import pytest
import torch

DISCRIMINATORS = {
    "_target_": "lfsc.discriminators.ensemble.Ensemble",
    "stft": {
        "_target_": "lfsc.discriminators.stft.MultiResolutionSTFTDiscriminator",
        "resolutions": [[32, 8, 32], [64, 16, 64]],
        "channels": 4,
        "dilations": [1, 2],
    },
    "period": {
        "_target_": "lfsc.discriminators.period.MultiPeriodDiscriminator",
        "periods": [2, 3],
        "channels": [2, 4, 4],
        "kernel_size": 5,
        "stride": 3,
    },
}


@pytest.fixture
def discriminators() -> dict:
    return DISCRIMINATORS


@pytest.fixture
def checkpoint(tmp_path, make_codec, write_checkpoint) -> Path:
    """A training checkpoint of `make_codec()` with two families of discriminators."""
    from lfsc.config.instantiate import build

    path = write_checkpoint(tmp_path / "trained.ckpt")
    contents = torch.load(path, weights_only=True)
    weights = {f"discriminators.{name}": tensor for name, tensor in build(DISCRIMINATORS).state_dict().items()}
    contents["state_dict"] |= weights
    contents["config"]["discriminators"] = DISCRIMINATORS
    contents["updates"] = 1234
    torch.save(contents, path)
    return path


@pytest.fixture
def bundle(checkpoint, tmp_path) -> Path:
    """The same as a bundle."""
    return exported(checkpoint, tmp_path / "bundle", with_discriminators=True)


@pytest.fixture
def plain_bundle(checkpoint, tmp_path) -> Path:
    return exported(checkpoint, tmp_path / "plain", weight_norm=False)


def exported(source: Path, out: Path, *, with_discriminators: bool = False, weight_norm: bool = True) -> Path:
    from lfsc.export.bundle import write_bundle
    from lfsc.formats.licences import statements_of
    from lfsc.formats.resolve import resolve

    with resolve(source) as found:
        write_bundle(
            found,
            out,
            with_discriminators=with_discriminators,
            weight_norm=weight_norm,
            statements=statements_of(found),
        )
    return out
