"""Fixtures that every test may use."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not there: it is looked for in a folder `shared` beside the checkout")
    return folder


@pytest.fixture(scope="session")
def real_speech() -> Path:
    """A folder with recordings, `<language>/<speaker>/<file>`, and their manifest.jsonl."""
    return shared_folder("speech")


@pytest.fixture(scope="session")
def nemo_reference() -> Path:
    """What NeMo itself computes on a narrow codec: codec.nemo, wavlm/, reference.npz, reference.json."""
    return shared_folder("nemo_reference") / "tiny"
