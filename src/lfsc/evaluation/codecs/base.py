"""What is evaluated: anything that has a reconstruction of a clip."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from lfsc.audio import files
from lfsc.audio.resampling import resample
from lfsc.audio.suffixes import SUFFIXES, is_recording
from lfsc.io.messages import printable
from lfsc.models.codec import Codec as Model
from lfsc.tokens.file import bits_per_code
from lfsc.tokens.fingerprint import fingerprint


class Reconstruction(NamedTuple):
    audio: Tensor  # [T]
    tokens: Tensor | None = None  # [C,F]
    bits: float | None = None  # that would be stored or sent


class Codec(ABC):
    """A codec of a report."""

    kind: str

    @abstractmethod
    def reconstruct(self, key: str, original: Tensor, *, sample_rate: int) -> Reconstruction:
        """The reconstruction of the `original` [T] of a clip with this key, both at the protocol's `sample_rate`."""

    @abstractmethod
    def facts(self) -> dict:
        """What a reader of the report needs to run the same codec again."""

    def unpaired(self, keys: set[str]) -> list[str]:
        """The recordings of a folder of reconstructions that belong to no clip of these keys."""
        return []


class RunnableCodec(Codec):
    """A codec that runs here, at its own `sample_rate`."""

    sample_rate: int

    @abstractmethod
    def encode_decode(self, audio: Tensor) -> Reconstruction:
        """The reconstruction of audio [T], both at the codec's rate."""

    def reconstruct(self, key: str, original: Tensor, *, sample_rate: int) -> Reconstruction:
        reconstruction = self.encode_decode(resample(original, from_rate=sample_rate, to_rate=self.sample_rate))
        audio = resample(reconstruction.audio.cpu().float(), from_rate=self.sample_rate, to_rate=sample_rate)
        # Rounding up twice may have added a sample.
        return reconstruction._replace(audio=audio[: len(original)])

    def facts(self) -> dict:
        return {"kind": self.kind, "sample_rate": self.sample_rate}


class TokenCodec(RunnableCodec):
    """A codec whose tokens [C,F] are known, in codebooks of one size."""

    codebook_size: int
    frame_rate: float

    def reconstruction(self, audio: Tensor, tokens: Tensor) -> Reconstruction:
        """A reconstruction whose bits are those of the tokens packed as in token files."""
        return Reconstruction(audio, tokens.cpu(), tokens.numel() * bits_per_code(self.codebook_size))


class Identity(RunnableCodec):
    """The original itself: the best that each metric can be."""

    kind = "identity"

    def __init__(self, sample_rate: int):
        self.sample_rate = sample_rate

    def encode_decode(self, audio: Tensor) -> Reconstruction:
        return Reconstruction(audio)


class LFSC(TokenCodec):
    """A codec of this package, from whatever `lfsc.load` takes."""

    kind = "lfsc"

    def __init__(self, codec: Model, *, source: str, device: str):
        self.codec = codec.eval().to(device)
        self.source, self.device = source, device
        self.sample_rate, self.frame_rate = codec.sample_rate, codec.frame_rate
        self.codebook_size = codec.codebook_size

    @torch.inference_mode()
    def encode_decode(self, audio: Tensor) -> Reconstruction:
        encoded = self.codec.encode(audio[None].to(self.device))
        decoded = self.codec.decode(encoded.tokens)
        return self.reconstruction(decoded.audio[0, : len(audio)], encoded.tokens[0])

    def facts(self) -> dict:
        about = {"source": self.source, "fingerprint": fingerprint(self.codec)}
        return super().facts() | about | {"bitrate": round(self.codec.bitrate, 1)}


class ReconstructionFolder(Codec):
    """The output of any codec: a folder of recordings with the originals' names, whatever their suffix."""

    kind = "files"

    def __init__(self, folder: Path):
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such folder of reconstructions")
        self.folder = folder
        self.paths: dict[str, list[Path]] = {}
        for path in sorted(folder.rglob("*")):
            if is_recording(path.name) and path.is_file():
                self.paths.setdefault(stem(path.relative_to(folder)), []).append(path)
        if not self.paths:
            raise ValueError(f"{folder}: found no recordings ({', '.join(SUFFIXES)})")

    def reconstruct(self, key: str, original: Tensor, *, sample_rate: int) -> Reconstruction:
        name = stem(Path(key))
        found = self.paths.get(name, [])
        if len(found) != 1:
            raise ValueError(f"{len(found)} reconstructions named {name}.* in {self.folder}, expected one")
        return Reconstruction(files.load(found[0], sample_rate=sample_rate))

    def unpaired(self, keys: set[str]) -> list[str]:
        known = {stem(Path(key)) for key in keys}
        extra = [path for name, found in self.paths.items() if name not in known for path in found]
        return [printable(str(path.relative_to(self.folder))) for path in extra]

    def facts(self) -> dict:
        return {"kind": self.kind, "source": str(self.folder)}


def stem(path: Path) -> str:
    """A recording's name without its suffix; of keys of shards, which have none, the whole."""
    return printable((path.with_suffix("") if path.suffix.lower() in SUFFIXES else path).as_posix())
