"""The codec as audio or tokens arrive."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lfsc.models.causal_decoder import CausalDecoder
from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.inference.arguments import check_audio, check_batch, check_codebook, check_range, check_tokens
from lfsc.models.inference.causal_decoding import ImmediateDecoding
from lfsc.models.inference.streaming_layers import (
    LaggingDecoding,
    StreamingLayer,
    copy_streaming,
    make_streaming_encoder,
)
from lfsc.models.lengths import frames_of, pad_to
from lfsc.models.quantizer import GroupedFSQ


class Stream:
    """One direction or both of a codec, for one clip or several that begin together.

    What comes out lags by the codec's `lookahead`, a causal decoder's not at all; put together it equals the result for
    the whole clip. `last=True` ends the clip and gives the rest, and the next call begins another. A call that raises
    leaves the stream as it was. The weights are those at the time of the call.
    """

    clips_encoding: int | None  # None where a clip is yet to begin
    clips_decoding: int | None
    encoding: StreamingLayer
    num_samples: int
    num_frames: int

    def __init__(self, *, encoder: Encoder, quantizer: GroupedFSQ, decoder: Decoder, sample_rate: int, min_frames: int):
        for part, known in ((encoder, Encoder), (decoder, Decoder)):
            if not isinstance(part, known):
                raise ValueError(f"a {type(part).__name__} cannot stream: only what inherits from {known.__name__} can")
        self.encoder = encoder
        self.quantizer = quantizer
        self.sample_rate = sample_rate
        self.hop_length = encoder.hop_length
        self.min_frames = min_frames
        self.decoding = (
            ImmediateDecoding(decoder)
            if isinstance(decoder, CausalDecoder)
            else LaggingDecoding(decoder, min_frames=min_frames)
        )
        self.weights = decoder.conv_in.bias
        self.reset()

    @torch.no_grad()
    def encode(self, audio: Tensor, *, last: bool = False) -> Tensor:
        """Tokens [B,C,F] that are complete now, of the next audio [B,T], which may be of any length, even 0."""
        weights = self.encoder.conv_in.bias
        audio = check_audio(audio, sample_rate=None, expected_rate=self.sample_rate, device=weights.device)
        clips = check_batch(audio, self.clips_encoding, name="audio")
        if audio.shape[-1]:
            check_range(audio)
        num_samples, encoding = self.num_samples + audio.shape[-1], copy_streaming(self.encoding)
        frames = frames_of(num_samples, self.hop_length)
        if last:
            whole = max(frames, self.min_frames) * self.hop_length
            audio = pad_to(audio, audio.shape[-1] + whole - num_samples)
        # A copy, as the caller may fill the same memory with what comes next.
        latents = encoding(audio[:, None].to(weights.dtype, copy=True), last)
        tokens = self.quantizer(latents).tokens[..., : frames - self.num_frames]
        # Only now, so that a call that fails changes nothing.
        self.encoding, self.clips_encoding = encoding, clips
        self.num_samples, self.num_frames = num_samples, self.num_frames + tokens.shape[-1]
        if last:
            self.reset_encoding()
        return tokens

    @torch.no_grad()
    def decode(self, tokens: Tensor, *, last: bool = False) -> Tensor:
        """Audio [B,T] in -1…1 that is complete now, of the next tokens [B,C,F], which may be none."""
        tokens = check_tokens(tokens, num_codebooks=self.quantizer.num_codebooks, device=self.weights.device)
        clips = check_batch(tokens, self.clips_decoding, name="tokens")
        check_codebook(tokens, codebook_size=self.quantizer.codebook_size)
        audio = self.decoding(self.quantizer.dequantize(tokens).to(self.weights.dtype), last).float()
        self.clips_decoding = None if last else clips
        return audio

    def reset(self, clips: Sequence[int] | Tensor | None = None) -> None:
        """Begin anew in both directions, dropping what has not come out.

        `clips` of a batch, by number, begin anew while the others go on: in decoding, if the decoder is causal.
        """
        self.decoding.reset(clips)
        if clips is None:
            self.clips_decoding = None
            self.reset_encoding()

    def reset_encoding(self) -> None:
        self.encoding = make_streaming_encoder(self.encoder)
        self.num_samples = self.num_frames = 0
        self.clips_encoding = None
