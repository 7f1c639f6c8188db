"""Hub names, without a network: a cache as huggingface_hub leaves it."""

import shutil

import pytest

import lfsc

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
    with pytest.raises(ValueError, match=r"neither a checkpoint of torch\.save nor a tar|not a tar archive"):
        lfsc.load("somebody/codec")
