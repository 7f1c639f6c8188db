"""Both halves of a codec as graphs over nothing but tensors, for programs that know nothing of this one."""

import json
from math import prod
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lfsc.formats.source import Source
from lfsc.io import atomic
from lfsc.models.causal_decoder import CausalDecoder
from lfsc.models.codec import Codec
from lfsc.models.inference.causal_decoding import CausalDecoding
from lfsc.models.quantizer import GroupedFSQ
from lfsc.tokens.fingerprint import fingerprint, remove_codec_weight_norm


class AudioToTokens(nn.Module):
    """Tokens [B,C,F] int64 of audio [B,T] float32, for clips of one length; F = ceil(T / hop)."""

    # By name, with the names of the dimensions that vary.
    inputs: ClassVar = {"audio": {0: "batch", 1: "samples"}}
    outputs: ClassVar = ["tokens"]

    def __init__(self, codec: Codec):
        super().__init__()
        self.encoder = codec.encoder
        self.quantizer = codec.quantizer
        self.hop_length = codec.hop_length
        self.min_frames = codec.min_frames

    def forward(self, audio: Tensor) -> Tensor:
        frames = (audio.shape[-1] + self.hop_length - 1) // self.hop_length
        padded = torch.sym_max(frames, self.min_frames) * self.hop_length
        latents = self.encoder(F.pad(audio, (0, padded - audio.shape[-1])))
        return self.quantizer(latents).tokens[..., :frames]

    def example(self) -> tuple[Tensor, ...]:
        return (torch.zeros(2, 7 * self.hop_length + 1),)


class TokensToAudio(nn.Module):
    """Audio [B, F·hop] float32 in -1…1 of tokens [B,C,F] int64, for clips of one length."""

    inputs: ClassVar = {"tokens": {0: "batch", 2: "frames"}}
    outputs: ClassVar = ["audio"]

    def __init__(self, codec: Codec):
        super().__init__()
        self.quantizer = codec.quantizer
        self.decoder = codec.decoder
        self.hop_length = codec.hop_length
        self.min_frames = codec.min_frames

    def forward(self, tokens: Tensor) -> Tensor:
        frames = tokens.shape[-1]
        quantized = self.quantizer.dequantize(tokens)
        padded = F.pad(quantized, (0, torch.sym_max(frames, self.min_frames) - frames))
        return self.decoder(padded)[:, : frames * self.hop_length]

    def example(self) -> tuple[Tensor, ...]:
        return (torch.zeros(2, self.quantizer.num_codebooks, 9, dtype=torch.int64),)


class TokensToAudioStep(nn.Module):
    """Audio [B, F·hop] of the next tokens [B,C,F], and the state [B,S] after them; zeros begin a clip.

    The state is all that a causal decoder remembers, one number after the other.
    """

    inputs: ClassVar = {"tokens": {0: "batch", 2: "frames"}, "state": {0: "batch"}}
    outputs: ClassVar = ["audio", "next_state"]

    def __init__(self, codec: Codec):
        super().__init__()
        assert isinstance(codec.decoder, CausalDecoder)  # see has_step
        self.quantizer = codec.quantizer
        self.decoder = codec.decoder
        self.step = CausalDecoding(codec.decoder)
        self.shapes = [tuple(end.shape[1:]) for end in self.step.silence(1)]

    @property
    def state_size(self) -> int:
        return sum(map(prod, self.shapes))

    def forward(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        ends = state.split([prod(shape) for shape in self.shapes], dim=1)
        memory = [end.unflatten(1, shape) for end, shape in zip(ends, self.shapes, strict=True)]
        audio, memory = self.step(self.quantizer.dequantize(tokens), memory)
        return audio, torch.cat([end.flatten(1) for end in memory], dim=1)

    def example(self) -> tuple[Tensor, ...]:
        return torch.zeros(2, self.quantizer.num_codebooks, 3, dtype=torch.int64), torch.zeros(2, self.state_size)


Graph = AudioToTokens | TokensToAudio | TokensToAudioStep


def has_step(codec: Codec) -> bool:
    """Whether its audio can be had token by token."""
    return isinstance(codec.decoder, CausalDecoder)


def load_for_export(found: Source) -> Codec:
    """The codec as graphs are made of it: without weight norm, nothing to train."""
    codec = found.load_codec()
    return remove_codec_weight_norm(codec, fingerprint=fingerprint(codec)).eval().requires_grad_(False)


def write_facts(path: Path, codec: Codec) -> None:
    """What a program that runs the graphs must know of the codec."""
    facts = {
        "sample_rate": codec.sample_rate,
        "hop_length": codec.hop_length,
        "frame_rate": codec.frame_rate,
        "num_codebooks": codec.num_codebooks,
        "codebook_size": codec.codebook_size,
        **({"levels": list(codec.quantizer.levels)} if isinstance(codec.quantizer, GroupedFSQ) else {}),
        "fingerprint": codec.carried_fingerprint,
        "encoder": "audio [batch, samples] float32 in -1…1 → tokens [batch, num_codebooks, ceil(samples / hop_length)]",
        "decoder": "tokens [batch, num_codebooks, frames] int64 → audio [batch, frames * hop_length] float32",
    }
    if has_step(codec):
        facts["state_size"] = TokensToAudioStep(codec).state_size
        facts["decoder_step"] = (
            "tokens [batch, num_codebooks, frames] int64, state [batch, state_size] float32, zeros to begin a clip "
            "→ audio [batch, frames * hop_length], next_state [batch, state_size]"
        )
    atomic.write_text(path, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
