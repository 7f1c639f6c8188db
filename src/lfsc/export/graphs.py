"""Both halves of a codec as graphs of tensors alone, for programs that know nothing of this one."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lfsc.models.codec import Codec


class AudioToTokens(nn.Module):
    """Tokens [B,C,F] int64 of audio [B,T] float32, for clips of one length; F = ceil(T / hop)."""

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


class TokensToAudio(nn.Module):
    """Audio [B, F·hop] float32 in -1…1 of tokens [B,C,F] int64, for clips of one length."""

    def __init__(self, codec: Codec):
        super().__init__()
        self.quantizer = codec.quantizer
        self.decoder = codec.decoder
        self.hop_length = codec.hop_length
        self.min_frames = codec.min_frames

    def forward(self, tokens: Tensor) -> Tensor:
        frames = tokens.shape[-1]
        codes = self.quantizer.codes_of(tokens)
        padded = F.pad(codes, (0, torch.sym_max(frames, self.min_frames) - frames))
        return self.decoder(padded)[:, : frames * self.hop_length]
