"""Shards of speech to shards of tokens and back, sample by sample."""

import io
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

import numpy
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from lfsc.audio import files
from lfsc.audio.suffixes import is_recording
from lfsc.config.values import LARGEST
from lfsc.io.json_text import to_json
from lfsc.models.codec import Codec
from lfsc.nn.arguments import brief
from lfsc.parallel import Workers, map_tasks
from lfsc.shards.tar import Sample
from lfsc.tokens import npy
from lfsc.tokens.batching import Clip, Coded, Failure, Load, code_in_batches, load_sample, load_samples, prefetch
from lfsc.tokens.file import LARGEST_CODEBOOK
from lfsc.tokens.fingerprint import require_same_codec


class Coding(NamedTuple):
    """A codec and how it is run; a `batch_seconds` of 0 takes every clip by itself.

    With `decoders`, recordings are decoded by them while the codec's device computes; without, in between.
    """

    codec: Codec
    fingerprint: str
    batch_seconds: float
    chunk_seconds: float
    decoders: Workers | None = None


class ArrayClip(NamedTuple):
    """A clip on its way from another process: a tensor would be an open file in each of the two."""

    key: str
    note: dict
    audio: numpy.ndarray  # [T]


def tokenize(samples: Iterable[Sample], coding: Coding) -> Iterator[Coded | Failure]:
    """Samples with audio as KEY.npy (uint16 [C,F]) and KEY.json, or why not, in their order."""
    codec = coding.codec
    if codec.codebook_size > LARGEST_CODEBOOK:
        raise ValueError(f"a codebook of {codec.codebook_size} codes does not fit into uint16 ({LARGEST_CODEBOOK})")

    def encode(clips: list[Clip]) -> Iterator[Coded]:
        audio = pad_sequence([clip.content for clip in clips], batch_first=True)
        audio_len = torch.tensor([clip.length for clip in clips])
        encoded = codec.encode(audio.to(codec.device), audio_len, chunk_seconds=coding.chunk_seconds)
        for clip, tokens, frames in zip(clips, encoded.tokens.cpu(), encoded.tokens_len.tolist(), strict=True):
            yield Coded(make_token_sample(clip, tokens[:, :frames], coding.fingerprint), frames, clip.length)

    load = partial(read_speech_clip, sample_rate=codec.sample_rate)
    longest = round(coding.batch_seconds * codec.sample_rate)
    if coding.decoders is None:
        return code_in_batches(load_samples(samples, load), encode, longest=longest)
    clips = map_tasks(coding.decoders, partial(load_as_array, load=load), samples)
    return code_in_batches(map(to_clip, clips), encode, longest=longest, draw=prefetch)


def read_speech_clip(sample: Sample, *, sample_rate: int) -> Clip:
    """Audio [T] of a sample of a speech shard, with what its json and its txt say."""
    found = [extension for extension in sample.parts if is_recording(f".{extension}")]
    if len(found) != 1:
        raise ValueError(f"{len(found) or 'no'} recordings among its {', '.join(sample.parts)}, expected one")
    note = sample.note()
    if "txt" in sample.parts and "text" not in note:
        note["text"] = sample.parts["txt"].decode("utf-8", errors="replace").strip()
    return Clip(sample.key, note, files.load(sample.parts[found[0]], sample_rate=sample_rate))


def detokenize(samples: Iterable[Sample], coding: Coding, *, format: str) -> Iterator[Coded | Failure]:
    """Token samples as KEY.`format` and KEY.json, or why not, in their order; audio is as long as it was."""
    codec = coding.codec

    def load(sample: Sample) -> Clip:
        clip = read_token_clip(sample)
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

    return code_in_batches(load_samples(samples, load), decode, longest=round(coding.batch_seconds * codec.frame_rate))


def make_token_sample(clip: Clip, tokens: Tensor, fingerprint: str) -> Sample:
    content = io.BytesIO()
    numpy.save(content, tokens.numpy().astype(numpy.uint16))
    note = clip.note | {"key": clip.key, "num_samples": clip.length, "codec": fingerprint}
    return Sample(clip.key, {"npy": content.getvalue(), "json": as_json(note)})


def read_token_clip(sample: Sample) -> Clip:
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


def load_as_array(sample: Sample, load: Load) -> ArrayClip | Failure:
    clip = load_sample(sample, load)
    return clip if isinstance(clip, Failure) else ArrayClip(clip.key, clip.note, clip.content.numpy())


def to_clip(found: ArrayClip | Failure) -> Clip | Failure:
    return found if isinstance(found, Failure) else Clip(found.key, found.note, torch.from_numpy(found.audio))
