"""The models that some metrics need: where they come from, and exactly which are on this machine."""

import hashlib
import json
import os
from collections.abc import Callable
from os.path import expanduser
from pathlib import Path
from typing import NamedTuple

from lfsc.audio.with_torchaudio import import_torchaudio
from lfsc.io.atomic import write_text
from lfsc.io.sha256 import sha256_of

LOCK = "weights.json"
# Below the URLs of folders.
FILES = {
    "utmos": ("utmos22_strong_step7459_v1.pt",),
    "dnsmos": ("DNSMOS/model_v8.onnx", "DNSMOS/sig_bak_ovr.onnx"),
}
# Where each comes from: a hub name, torchaudio's name of a file, or the URL of a folder.
SOURCES = {
    "squim": "squim_subjective_bvcc_daps.pth",
    "utmos": "https://github.com/tarepan/SpeechMOS/releases/download/v1.0.0",
    "dnsmos": "https://raw.githubusercontent.com/microsoft/DNS-Challenge/master/DNSMOS",
    "asr": "openai/whisper-large-v3",
    "speaker": "microsoft/wavlm-base-plus-sv",
    # For training with the SLM discriminator.
    "slm": "microsoft/wavlm-base-plus",
    # To compare with.
    "encodec": "facebook/encodec_24khz",
    "dac": "descript/dac_24khz",
    "mimi": "kyutai/mimi",
}


class Weights(NamedTuple):
    path: str  # local, or a hub name
    label: str  # for the report: the source, and a revision or a checksum


class Download(NamedTuple):
    revision: str
    place: str  # file or folder, in the folder of all weights


def default_folder() -> Path:
    """$LFSC_WEIGHTS, else lfsc/weights in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or expanduser("~/.cache")
    return Path(os.environ.get("LFSC_WEIGHTS") or Path(cache) / "lfsc" / "weights")


def locate(name: str, given: str | None, folder: Path) -> Weights:
    """The weights a user gave, else those in `folder`; ValueError with the reason where there are none."""
    if given:
        path = Path(expanduser(given))
        return Weights(str(path), f"{path.name} {digest(path)[:12]}") if path.exists() else Weights(given, given)
    entry = read_lock(folder).get(name)
    if entry is None:
        raise ValueError(f"no weights: give --{name} a local path or a hub name, or run `lfsc weights fetch` once")
    return Weights(str(folder / entry["place"]), f"{entry['source']} {entry['revision'][:12]}")


def fetch(
    name: str,
    folder: Path,
    *,
    source: str | None,
    revision: str | None,
    download: Callable[..., Download] | None = None,
) -> dict:
    """Download weights into `folder` and pin their revision and checksums; the new entry of the lock."""
    source = source or SOURCES[name]
    if download is None:
        download = download_squim if name == "squim" else download_files if "://" in source else download_from_hub
    result = download(name, source, revision, folder)
    digests = {path.relative_to(folder).as_posix(): sha256_of(path) for path in list_files(folder / result.place)}
    entry = {"source": source, "revision": result.revision, "place": result.place, "sha256": digests}
    lock = read_lock(folder) | {name: entry}
    write_text(folder / LOCK, json.dumps({"version": 1, "weights": lock}, indent=2, sort_keys=True) + "\n")
    return entry


def find_damage(folder: Path) -> list[str]:
    """A line for each pinned file that is missing or different from when it was fetched."""
    found = []
    for name, entry in read_lock(folder).items():
        for path, digest in entry["sha256"].items():
            if not (folder / path).is_file():
                found.append(f"{name}: {path} is missing")
            elif sha256_of(folder / path) != digest:
                found.append(f"{name}: {path} is not the file that was fetched")
    return found


def read_lock(folder: Path) -> dict:
    path = folder / LOCK
    return read_pins(path) if path.is_file() else {}


def read_pins(path: Path) -> dict:
    """The entries of a weights.json, by name."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["weights"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a list of fetched weights: {error}") from error


def download_from_hub(name: str, source: str, revision: str | None, folder: Path) -> Download:
    """One revision of a hub repository, as huggingface_hub lays it out, with torch's weights only."""
    from huggingface_hub import snapshot_download

    ignored = ["*fp32*", "flax*", "tf_*"]
    wanted = ["*.json", "*.txt", "*.model", "*.safetensors"]
    place = Path(
        snapshot_download(source, revision=revision, cache_dir=folder, allow_patterns=wanted, ignore_patterns=ignored)
    )
    if not any(place.glob("*.safetensors")):
        snapshot_download(
            source, revision=place.name, cache_dir=folder, allow_patterns=["*.bin"], ignore_patterns=ignored
        )
    return Download(place.name, place.relative_to(folder).as_posix())


def download_squim(name: str, source: str, revision: str | None, folder: Path) -> Download:
    """torchaudio's file; its revision is its checksum, which a given one must be the start of."""
    download = import_torchaudio().utils._download_asset
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(download(f"models/{source}", path=folder / source))
    return Download(require_checksum(sha256_of(path), revision, source), source)


def download_files(name: str, source: str, revision: str | None, folder: Path) -> Download:
    """FILES of a URL; their revision is a checksum of all, which a given one must be the start of."""
    from torch.hub import download_url_to_file

    if name not in FILES:
        raise ValueError(f"{source} is a URL, expected a hub name")
    for file in FILES[name]:
        (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
        download_url_to_file(f"{source}/{file}", str(folder / name / file), progress=False)
    return Download(require_checksum(digest(folder / name), revision, source), name)


def require_checksum(checksum: str, expected: str | None, source: str) -> str:
    """The checksum; ValueError where another is expected, of which the beginning is enough."""
    if expected and not checksum.startswith(expected):
        raise ValueError(f"{source} has the checksum {checksum[:12]}, expected {expected[:12]}")
    return checksum


def list_files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return sorted(path for path in place.rglob("*") if path.is_file())


def digest(place: Path) -> str:
    """One checksum of a file, or of all files of a folder."""
    if place.is_file():
        return sha256_of(place)
    lines = "".join(f"{path.relative_to(place).as_posix()} {sha256_of(path)}\n" for path in list_files(place))
    return hashlib.sha256(lines.encode()).hexdigest()
