"""Hub names, without a network: a cache as huggingface_hub leaves it."""

import shutil
from pathlib import Path

import pytest

import lfsc
from lfsc.formats.licences import statements_of
from lfsc.formats.resolve import resolve

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path, bundle, monkeypatch):
    repository = tmp_path / "hub" / "models--somebody--codec"
    shutil.copytree(bundle, repository / "snapshots" / REVISION)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION)
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return repository / "snapshots" / REVISION


@pytest.mark.parametrize("name", ["somebody/codec", f"somebody/codec@{REVISION}"])
def test_a_cached_bundle_loads_without_a_network(name, cache, make_codec):
    assert lfsc.load(name).bitrate == make_codec().bitrate


def test_a_name_of_nvidias_tells_the_licence_of_an_archive(cache, tmp_path):
    name = "nemo-nano-codec-22khz-0.6kbps-12.5fps"
    shutil.copytree(cache.parents[1], repository := tmp_path / "hub" / f"models--nvidia--{name}")
    for path in (snapshot := repository / "snapshots" / REVISION).iterdir():
        path.unlink()
    shutil.copy(Path(__file__).parents[1] / "nemo_oracle" / "nano" / "codec.nemo", snapshot / f"{name}.nemo")
    with resolve(f"nvidia/{name}") as found:
        assert statements_of(found)["weights"] == "NVIDIA Open Model License"
    with resolve(snapshot) as found:
        assert "NVIDIA's have a licence of their own" in statements_of(found)["weights"]


@pytest.mark.parametrize("name", ["somebody/other", "somebody/codec@nowhere"])
def test_what_is_not_cached_is_told_how_to_get_by_hand(name, cache):
    with pytest.raises(ValueError, match="no such file or folder here, and nothing came from the hub") as caught:
        lfsc.load(name)
    message = str(caught.value)
    assert message.startswith(f"{name}: ") and "\n" not in message
    assert f"hf download {name.split('@')[0]}" in message
    assert ("--revision nowhere" in message) == ("@" in name)


def test_a_cached_nemo_archive_is_found(cache):
    for path in cache.iterdir():
        path.unlink()
    (cache / "codec.nemo").write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"neither a checkpoint of torch\.save nor a tar archive"):
        lfsc.load("somebody/codec")
