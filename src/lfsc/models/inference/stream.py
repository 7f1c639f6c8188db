"""The codec as audio or tokens arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lfsc.models.inference.arguments import check_codebook, check_range, checked_audio, checked_tokens
from lfsc.models.inference.chunking import filled
from lfsc.models.inference.streaming_layers import decoder_stage, encoder_stage

if TYPE_CHECKING:
    from lfsc.models.codec import Codec


class Stream:
    """One direction or both of a codec, for one clip or several that begin and end together.

    What comes out lags by `codec.lookahead`; put together it equals the result for the whole clip. `last=True` ends
    the clip and gives the rest, and the next call begins another. The weights are those at the time of the call.
    """

    def __init__(self, codec: Codec):
        self.codec = codec
        self.end_encoding()
        self.end_decoding()

    @torch.no_grad()
    def encode(self, audio: Tensor, *, last: bool = False) -> Tensor:
        """Tokens [B,C,F] that are complete now, of the next audio [B,T], which may be of any length, even 0."""
        codec = self.codec
        audio = checked_audio(audio, sample_rate=None, expected_rate=codec.sample_rate, device=codec.device)
        if audio.shape[-1]:
            check_range(audio)
        self.num_samples += audio.shape[-1]
        if last:
            whole = max(codec.frames(self.num_samples), codec.min_frames) * codec.hop_length
            audio = filled(audio, audio.shape[-1] + whole - self.num_samples)
        latents = self.encoder(audio[:, None].to(codec.dtype), last)
        tokens = codec.quantizer(latents).tokens
        tokens = tokens[..., : codec.frames(self.num_samples) - self.num_frames]
        self.num_frames += tokens.shape[-1]
        if last:
            self.end_encoding()
        return tokens

    @torch.no_grad()
    def decode(self, tokens: Tensor, *, last: bool = False) -> Tensor:
        """Audio [B,T] in -1…1 that is complete now, of the next tokens [B,C,F], which may be none."""
        codec = self.codec
        tokens = checked_tokens(tokens, num_codebooks=codec.num_codebooks, device=codec.device)
        check_codebook(tokens, codebook_size=codec.codebook_size)
        self.num_tokens += tokens.shape[-1]
        codes = codec.quantizer.codes_of(tokens)
        if last:
            codes = filled(codes, codes.shape[-1] + codec.min_frames - self.num_tokens)
        audio = self.decoder(codes.to(codec.dtype), last)[:, 0].float()
        audio = audio[:, : self.num_tokens * codec.hop_length - self.num_heard]
        self.num_heard += audio.shape[-1]
        if last:
            self.end_decoding()
        return audio

    def end_encoding(self) -> None:
        self.encoder = encoder_stage(self.codec.encoder)
        self.num_samples = self.num_frames = 0

    def end_decoding(self) -> None:
        self.decoder = decoder_stage(self.codec.decoder)
        self.num_tokens = self.num_heard = 0
