"""Archives as NeMo writes them, at a tiny shape."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml

DISCRIMINATORS = {
    "_target_": "lfsc.discriminators.ensemble.Ensemble",
    "stft": {
        "_target_": "lfsc.discriminators.stft.MultiResolutionSTFTDiscriminator",
        "resolutions": [[32, 8, 32], [64, 16, 64]],
        "channels": 32,
        "dilations": [1, 2, 4],
    },
    "bands": {
        "_target_": "lfsc.discriminators.bands.MultiBandSTFTDiscriminator",
        "resolutions": [[64, 16, 64], [128, 32, 128]],
        "bands": [[0.0, 0.52], [0.45, 1.0]],
        "channels": 32,
    },
}


@pytest.fixture
def discriminators() -> dict:
    return DISCRIMINATORS


@pytest.fixture
def archive(tmp_path, write_checkpoint) -> Path:
    """A .nemo archive of `make_codec()` with discriminators, plain."""
    from lfsc.config.instantiate import build
    from lfsc.formats.nemo.writing import write_archive
    from lfsc.formats.resolve import resolve

    torch.manual_seed(1)
    weights = build(DISCRIMINATORS).state_dict()
    path = tmp_path / "codec.nemo"
    with resolve(write_checkpoint(tmp_path / "trained.ckpt")) as found:
        write_archive(
            path,
            codec=found.codec,
            weights=found.codec_weights(),
            discriminators=DISCRIMINATORS,
            discriminator_weights=weights,
        )
    return path


Change = Callable[[dict, dict], None]


@pytest.fixture
def change():
    """Rewrites an archive with its configuration and its tensors as a function leaves them; `compress` it as gzip."""

    def rewrite(path: Path, edit: Change = lambda config, state: None, *, compress: bool = False) -> Path:
        with tarfile.open(path) as tar:
            config = yaml.safe_load(tar.extractfile("./model_config.yaml"))
            state = torch.load(io.BytesIO(tar.extractfile("./model_weights.ckpt").read()), weights_only=True)
        edit(config, state)
        weights = io.BytesIO()
        torch.save(state, weights)
        data = tarred(
            {"./model_config.yaml": yaml.safe_dump(config).encode(), "./model_weights.ckpt": weights.getvalue()}
        )
        path.write_bytes(gzip.compress(data) if compress else data)
        return path

    return rewrite


def tarred(files: dict[str, bytes], *more: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:") as tar:
        for member in more:
            tar.addfile(member)
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def make_tar():
    return tarred


@pytest.fixture(scope="session")
def nemo_python() -> str:
    """The interpreter of an environment with nemo_toolkit, as LFSC_NEMO_PYTHON names it."""
    python = os.environ.get("LFSC_NEMO_PYTHON")
    if not python:
        pytest.skip("LFSC_NEMO_PYTHON does not name the interpreter of an environment with nemo_toolkit[tts] 3.0")
    return python
