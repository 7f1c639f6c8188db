"""Hub names, without a network: a cache as huggingface_hub leaves it."""

import os
import shutil
import subprocess
import sys

import pytest

REVISION = "0123456789abcdef0123456789abcdef01234567"


def ask(code: str, cache, **environment) -> subprocess.CompletedProcess:
    settings = os.environ | {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1", **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=settings)


@pytest.fixture
def cache(tmp_path, bundle):
    repository = tmp_path / "hub" / "models--somebody--codec"
    shutil.copytree(bundle, repository / "snapshots" / REVISION)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION)
    return tmp_path / "hub"


@pytest.mark.parametrize("name", ["somebody/codec", f"somebody/codec@{REVISION}"])
def test_a_cached_bundle_loads_without_a_network(name, cache, make_codec):
    result = ask(f"import lfsc; print(lfsc.load({name!r}).bitrate)", cache)
    assert result.returncode == 0, result.stderr
    assert float(result.stdout) == make_codec().bitrate


@pytest.mark.parametrize("name", ["somebody/other", "somebody/codec@nowhere"])
def test_what_is_not_cached_is_told_how_to_get_by_hand(name, cache):
    result = ask(f"import lfsc\ntry: lfsc.load({name!r})\nexcept ValueError as error: print(error)", cache)
    assert f"{name}: no such file or folder here, and nothing came from the hub" in result.stdout
    assert f"hf download {name.split('@')[0]}" in result.stdout and "\n" not in result.stdout.strip()


def test_a_cached_nemo_archive_is_found(cache, tmp_path):
    snapshot = cache / "models--somebody--codec" / "snapshots" / REVISION
    for path in snapshot.iterdir():
        path.unlink()
    (snapshot / "codec.nemo").write_bytes(b"no archive")
    result = ask("import lfsc\ntry: lfsc.load('somebody/codec')\nexcept ValueError as error: print(error)", cache)
    assert "not a tar archive" in result.stdout
