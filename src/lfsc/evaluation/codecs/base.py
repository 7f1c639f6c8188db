"""What is judged: anything that takes a clip and gives it back."""

import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from lfsc.audio import files
from lfsc.audio.resampling import resample
from lfsc.audio.suffixes import SUFFIXES
from lfsc.evaluation.clips import Clip
from lfsc.tokens.file import fingerprint


class Reconstruction(NamedTuple):
    audio: Tensor  # [T]
    tokens: Tensor | None = None  # [C,F]
    bits: float | None = None  # that would be stored or sent


class Codec(ABC):
    """One of the codecs of a report."""

    codebook_size: int | None = None
    frame_rate: float | None = None

    @abstractmethod
    def reconstruct(self, clip: Clip, original: Tensor, *, sample_rate: int) -> Reconstruction:
        """What comes back of a clip's original [T], at the protocol's rate as it came."""

    @abstractmethod
    def facts(self) -> dict:
        """What a reader of the report needs to run the same codec again."""

    def unpaired(self, keys: set[str]) -> list[str]:
        """Of a codec that is a folder: its recordings that belong to no clip of these keys."""
        return []


class Coder(Codec):
    """A codec that runs here, at its own `sample_rate`."""

    kind: str
    sample_rate: int

    @abstractmethod
    def code(self, audio: Tensor) -> Reconstruction:
        """What it makes of audio [T] at its rate."""

    def reconstruct(self, clip: Clip, original: Tensor, *, sample_rate: int) -> Reconstruction:
        coded = self.code(resample(original, from_rate=sample_rate, to_rate=self.sample_rate))
        audio = resample(coded.audio.cpu().float(), from_rate=self.sample_rate, to_rate=sample_rate)
        # Rounding up twice may have added a sample.
        return coded._replace(audio=audio[: len(original)])

    def facts(self) -> dict:
        return {"kind": self.kind, "sample_rate": self.sample_rate}


class Identity(Coder):
    """The original itself: the best that each number can be."""

    kind = "identity"

    def __init__(self, sample_rate: int):
        self.sample_rate = sample_rate

    def code(self, audio: Tensor) -> Reconstruction:
        return Reconstruction(audio)


class LFSC(Coder):
    """A codec of ours, from whatever `lfsc.load` takes."""

    kind = "lfsc"

    def __init__(self, codec: torch.nn.Module, *, source: str, device: str):
        self.codec = codec.eval().to(device)
        self.source, self.device = source, device
        self.sample_rate, self.frame_rate = codec.sample_rate, codec.frame_rate
        self.codebook_size = codec.codebook_size

    @torch.inference_mode()
    def code(self, audio: Tensor) -> Reconstruction:
        encoded = self.codec.encode(audio[None].to(self.device))
        decoded = self.codec.decode(encoded.tokens)
        return token_reconstruction(decoded.audio[0, : len(audio)], encoded.tokens[0], self.codebook_size)

    def facts(self) -> dict:
        about = {"source": self.source, "fingerprint": fingerprint(self.codec)}
        return super().facts() | about | {"bitrate": round(self.codec.bitrate, 1)}


class Files(Codec):
    """Somebody's output: a folder of recordings with the originals' names, whatever their suffix."""

    kind = "files"

    def __init__(self, folder: Path):
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such folder of reconstructions")
        self.folder = folder
        self.paths: dict[str, list[Path]] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.is_file():
                self.paths.setdefault(stem(path.relative_to(folder)), []).append(path)
        if not self.paths:
            raise ValueError(f"{folder}: found no recordings ({', '.join(SUFFIXES)})")

    def reconstruct(self, clip: Clip, original: Tensor, *, sample_rate: int) -> Reconstruction:
        name = stem(Path(clip.key))
        found = self.paths.get(name, [])
        if len(found) != 1:
            raise ValueError(f"{len(found)} reconstructions named {name}.* in {self.folder}, expected one")
        return Reconstruction(files.load(found[0], sample_rate=sample_rate))

    def unpaired(self, keys: set[str]) -> list[str]:
        known = {stem(Path(key)) for key in keys}
        return [str(path.relative_to(self.folder)) for name, found in self.paths.items() if name not in known
                for path in found]  # fmt: skip

    def facts(self) -> dict:
        return {"kind": self.kind, "source": str(self.folder)}


def stem(path: Path) -> str:
    """A recording's name without its suffix; of keys of shards, which have none, the whole."""
    return (path.with_suffix("") if path.suffix.lower() in SUFFIXES else path).as_posix()


def token_reconstruction(audio: Tensor, tokens: Tensor, codebook_size: int) -> Reconstruction:
    """With the bits of tokens [C,F] packed as token files pack them."""
    return Reconstruction(audio, tokens.cpu(), tokens.numel() * math.ceil(math.log2(codebook_size)))
