"""Shards of speech to shards of tokens and back, sample by sample, coded in batches of similar length."""

import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from lfsc.audio import files
from lfsc.audio.suffixes import SUFFIXES
from lfsc.config.values import LARGEST, brief
from lfsc.io.json_text import to_json
from lfsc.io.messages import describe, printable
from lfsc.models.codec import Codec
from lfsc.shards.tar import Sample
from lfsc.tokens import npy
from lfsc.tokens.file import LARGEST_CODEBOOK
from lfsc.tokens.fingerprint import require_same_codec

# Clips are sorted by length within this many batches' worth of audio, which is held in memory.
BATCHES_AHEAD = 16


class Coding(NamedTuple):
    """A codec and how it is run; a `batch_seconds` of 0 takes every clip alone."""

    codec: Codec
    fingerprint: str
    batch_seconds: float
    chunk_seconds: float


class Failure(NamedTuple):
    key: str
    reason: str


class Clip(NamedTuple):
    key: str
    note: dict
    content: Tensor  # audio [T], or tokens [C,F]

    @property
    def length(self) -> int:
        return self.content.shape[-1]


class Coded(NamedTuple):
    sample: Sample
    frames: int
    num_samples: int


def tokenize(samples: Iterable[Sample], coding: Coding) -> Iterator[Coded | Failure]:
    """Samples with audio as KEY.npy (uint16 [C,F]) and KEY.json, or why not, in their order."""
    codec = coding.codec
    if codec.codebook_size > LARGEST_CODEBOOK:
        raise ValueError(f"a codebook of {codec.codebook_size} codes does not fit into uint16 ({LARGEST_CODEBOOK})")

    def load(sample: Sample) -> Clip:
        found = [extension for extension in sample.parts if f".{extension}" in SUFFIXES]
        if len(found) != 1:
            raise ValueError(f"{len(found) or 'no'} recordings among its {', '.join(sample.parts)}, expected one")
        note = sample.note()
        if "txt" in sample.parts and "text" not in note:
            note["text"] = sample.parts["txt"].decode("utf-8", errors="replace").strip()
        return Clip(sample.key, note, files.load(sample.parts[found[0]], sample_rate=codec.sample_rate))

    def encode(clips: list[Clip]) -> Iterator[Coded]:
        audio = pad_sequence([clip.content for clip in clips], batch_first=True)
        audio_len = torch.tensor([clip.length for clip in clips])
        encoded = codec.encode(audio.to(codec.device), audio_len, chunk_seconds=coding.chunk_seconds)
        for clip, tokens, frames in zip(clips, encoded.tokens.cpu(), encoded.tokens_len.tolist(), strict=True):
            yield Coded(token_sample(clip, tokens[:, :frames], coding.fingerprint), frames, clip.length)

    return code_in_batches(samples, load, encode, longest=round(coding.batch_seconds * codec.sample_rate))


def detokenize(samples: Iterable[Sample], coding: Coding, *, format: str) -> Iterator[Coded | Failure]:
    """Token samples as KEY.`format` and KEY.json, or why not, in their order; audio is as long as it was."""
    codec = coding.codec

    def load(sample: Sample) -> Clip:
        clip = token_clip(sample)
        require_same_codec(clip.note.get("codec", "none"), codec, name=sample.key)
        if len(clip.content) != codec.num_codebooks:
            raise ValueError(f"its npy has {len(clip.content)} codebooks, the codec has {codec.num_codebooks}")
        if clip.note["num_samples"] > clip.length * codec.hop_length:
            raise ValueError(f"{clip.note['num_samples']} samples cannot come of {clip.length} frames")
        return clip

    def decode(clips: list[Clip]) -> Iterator[Coded]:
        tokens = pad_sequence([clip.content.T for clip in clips], batch_first=True).mT
        tokens_len = torch.tensor([clip.length for clip in clips])
        decoded = codec.decode(tokens.to(codec.device), tokens_len, chunk_seconds=coding.chunk_seconds)
        for clip, audio in zip(clips, decoded.audio.cpu(), strict=True):
            num_samples = clip.note["num_samples"]
            content = files.encode(audio[:num_samples], sample_rate=codec.sample_rate, format=format)
            parts = {format: content, "json": as_json(clip.note)}
            yield Coded(Sample(clip.key, parts), clip.length, num_samples)

    return code_in_batches(samples, load, decode, longest=round(coding.batch_seconds * codec.frame_rate))


def token_sample(clip: Clip, tokens: Tensor, fingerprint: str) -> Sample:
    content = io.BytesIO()
    numpy.save(content, tokens.numpy().astype(numpy.uint16))
    note = clip.note | {"key": clip.key, "num_samples": clip.length, "codec": fingerprint}
    return Sample(clip.key, {"npy": content.getvalue(), "json": as_json(note)})


def token_clip(sample: Sample) -> Clip:
    """Tokens [C,F] int64 of a sample of a token shard, with what its json says."""
    if "npy" not in sample.parts or "json" not in sample.parts:
        raise ValueError(f"no npy and json among its {', '.join(sample.parts)}: is this a shard of tokens?")
    tokens, note = npy.read(sample.parts["npy"]), sample.note()
    frames, num_samples = tokens.shape[-1], note.get("num_samples")
    if type(num_samples) is not int or not 0 < num_samples <= frames * LARGEST:
        raise ValueError(f"its json has {brief(num_samples)} for num_samples, and its npy {frames} frames")
    return Clip(sample.key, note, torch.from_numpy(tokens))


def as_json(note: dict) -> bytes:
    return to_json(note).encode()


def code_in_batches(samples, load, code, *, longest: int) -> Iterator[Coded | Failure]:
    """Each sample loaded and coded in batches of at most `longest` steps, padding included, or why it was not."""
    for group in groups(load_samples(samples, load), longest * BATCHES_AHEAD):
        results: dict[int, Coded | Failure] = {}
        clips = {place: clip for place, clip in enumerate(group) if isinstance(clip, Clip)}
        for places in batches({place: clip.length for place, clip in clips.items()}, longest):
            batch = [clips[place] for place in places]
            results |= zip(places, code_batch(batch, code), strict=True)
        yield from (clip if isinstance(clip, Failure) else results[place] for place, clip in enumerate(group))


def load_samples(samples, load) -> Iterator[Clip | Failure]:
    for sample in samples:
        try:
            yield load(sample)
        # Whatever a recording does to its decoder, the others are not to suffer.
        except Exception as error:
            yield Failure(printable(sample.key), describe(error))


def code_batch(clips: list[Clip], code) -> list[Coded | Failure]:
    """Of a batch that cannot be coded each clip alone, so that only the one at fault is lost."""
    try:
        return list(code(clips))
    except Exception as error:
        if len(clips) == 1:
            return [Failure(printable(clips[0].key), describe(error))]
        return [result for clip in clips for result in code_batch([clip], code)]


def groups(clips: Iterable[Clip | Failure], size: int) -> Iterator[list[Clip | Failure]]:
    """Runs of clips with some `size` steps in each."""
    group, steps = [], 0
    for clip in clips:
        group.append(clip)
        steps += clip.length if isinstance(clip, Clip) else 0
        if steps >= size:
            yield group
            group, steps = [], 0
    if group:
        yield group


def batches(lengths: dict[int, int], longest: int) -> Iterator[list[int]]:
    """Places of clips of similar length, so many that clips times the longest is at most `longest`; one at least."""
    batch: list[int] = []
    for place in sorted(lengths, key=lambda place: (-lengths[place], place)):
        # The first of a batch is its longest.
        if batch and (len(batch) + 1) * lengths[batch[0]] > longest:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
