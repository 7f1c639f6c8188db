"""Files as lfsc writes them, at a tiny shape: what those of the zoo are made of."""

import importlib.util
import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy
import soundfile
import torch

from lfsc.export.bundle import write_bundle
from lfsc.formats.licences import statements_of
from lfsc.formats.nemo.writing import write_archive
from lfsc.formats.resolve import resolve
from lfsc.tokens import file as token_file
from lfsc.tokens.fingerprint import fingerprint

CODEBOOKS, FRAMES, RATE = 2, 5, 22050


def conftest():
    """The codecs that all tests share."""
    spec = importlib.util.spec_from_file_location("fixtures", Path(__file__).parents[2] / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Honest(NamedTuple):
    """One codec in every form, and what is coded by it."""

    bundle: Path
    checkpoint: Path
    archive: Path
    fingerprint: str
    hop_length: int

    @classmethod
    def make(cls, folder: Path) -> "Honest":
        fixtures = conftest()
        shape = {"channels": 2, "rates": (8,), "num_codebooks": CODEBOOKS, "levels": (3, 3), "kernel_sizes": [3]}
        codec = fixtures.narrow_codec(**shape)
        folder.mkdir(parents=True, exist_ok=True)
        found = cls(
            folder / "bundle", folder / "codec.ckpt", folder / "codec.nemo", fingerprint(codec), codec.hop_length
        )
        weights = {f"codec.{name}": tensor for name, tensor in codec.state_dict().items()}
        config = {"codec": fixtures.narrow_config(**shape)}
        torch.save({"state_dict": weights, "config": config, "updates": 0}, found.checkpoint)
        with resolve(found.checkpoint) as source:
            write_bundle(source, found.bundle, with_discriminators=False, statements=statements_of(source))
        with resolve(found.checkpoint) as source:
            write_archive(found.archive, codec=source.codec, weights=source.codec_weights())
        return found

    def state_dict(self) -> dict[str, torch.Tensor]:
        return torch.load(self.checkpoint, weights_only=True)["state_dict"]

    def codes(self, frames: int = FRAMES) -> torch.Tensor:
        return torch.randint(0, 9, (CODEBOOKS, frames), generator=torch.Generator().manual_seed(0))

    def token_file(self, **other) -> bytes:
        """A token file's bytes; `other` replaces what it says."""
        stored = token_file.Tokens(self.codes(), FRAMES * self.hop_length, RATE, self.hop_length, 9, self.fingerprint)
        return token_file.pack(stored._replace(**other))

    def note(self, **other) -> bytes:
        facts = {"key": "a", "num_samples": FRAMES * self.hop_length, "codec": self.fingerprint, "text": "yes"}
        return json.dumps(facts | other).encode()

    def token_shard(self, npy: bytes | None = None, note: bytes | None = None) -> bytes:
        """A shard of two clips of tokens; those of the first may be given."""
        good = {"npy": npy_of(self.codes().numpy().astype(numpy.uint16)), "json": self.note()}
        odd = good | {name: part for name, part in {"npy": npy, "json": note}.items() if part is not None}
        return tarred(
            {f"{key}.{name}": part for key, parts in (("a", odd), ("b", good)) for name, part in parts.items()}
        )

    def speech_shard(self, **parts: bytes) -> bytes:
        """A shard of two recordings; parts of the first may be given."""
        good = {"flac": recording(), "json": b'{"language": "en"}'}
        return tarred(
            {f"{key}.{name}": part for key, given in (("a", good | parts), ("b", good)) for name, part in given.items()}
        )


def npy_of(array: numpy.ndarray, **options) -> bytes:
    out = io.BytesIO()
    numpy.save(out, array, **options)
    return out.getvalue()


def recording(seconds: float = 0.2) -> bytes:
    noise = torch.randn(round(seconds * RATE), generator=torch.Generator().manual_seed(0))
    out = io.BytesIO()
    soundfile.write(out, 0.1 * noise.numpy(), RATE, format="FLAC")
    return out.getvalue()


def tarred(files: dict[str, bytes], *more: tarfile.TarInfo, first: bool = False) -> bytes:
    """A tar of `files`, with `more` members without content behind them, or before."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member in more if first else ():
            tar.addfile(member)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for member in () if first else more:
            tar.addfile(member)
    return out.getvalue()


def copy_of(source: Path, target: Path) -> Path:
    """A file or a folder to spoil."""
    if source.is_dir():
        return shutil.copytree(source, target)
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, target))
