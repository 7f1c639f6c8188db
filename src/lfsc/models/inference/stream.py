"""The codec as audio or tokens arrive."""

import torch
from torch import Tensor

from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.inference.arguments import check_audio, check_batch, check_codebook, check_range, check_tokens
from lfsc.models.inference.chunking import frames_of, pad_to
from lfsc.models.inference.streaming_layers import decoder_stage, encoder_stage
from lfsc.models.quantizer import GroupedFSQ


class Stream:
    """One direction or both of a codec, for one clip or several that begin and end together.

    What comes out lags by the codec's `lookahead`; put together it equals the result for the whole clip. `last=True`
    ends the clip and gives the rest, and the next call begins another. The weights are those at the time of the call.
    """

    clips_in: int | None  # None where a clip is yet to begin
    clips_out: int | None

    def __init__(self, *, encoder: Encoder, quantizer: GroupedFSQ, decoder: Decoder, sample_rate: int, min_frames: int):
        self.encoder = encoder
        self.quantizer = quantizer
        self.decoder = decoder
        self.sample_rate = sample_rate
        self.hop_length = encoder.hop_length
        self.min_frames = min_frames
        self.end_encoding()
        self.end_decoding()

    @torch.no_grad()
    def encode(self, audio: Tensor, *, last: bool = False) -> Tensor:
        """Tokens [B,C,F] that are complete now, of the next audio [B,T], which may be of any length, even 0."""
        weights = self.encoder.conv_in.bias
        audio = check_audio(audio, sample_rate=None, expected_rate=self.sample_rate, device=weights.device)
        if audio.shape[-1]:
            check_range(audio)
        self.clips_in = check_batch(audio, self.clips_in, name="audio")
        self.num_samples += audio.shape[-1]
        frames = frames_of(self.num_samples, self.hop_length)
        if last:
            whole = max(frames, self.min_frames) * self.hop_length
            audio = pad_to(audio, audio.shape[-1] + whole - self.num_samples)
        latents = self.encoding(audio[:, None].to(weights.dtype), last)
        tokens = self.quantizer(latents).tokens[..., : frames - self.num_frames]
        self.num_frames += tokens.shape[-1]
        if last:
            self.end_encoding()
        return tokens

    @torch.no_grad()
    def decode(self, tokens: Tensor, *, last: bool = False) -> Tensor:
        """Audio [B,T] in -1…1 that is complete now, of the next tokens [B,C,F], which may be none."""
        weights = self.decoder.conv_in.bias
        tokens = check_tokens(tokens, num_codebooks=self.quantizer.num_codebooks, device=weights.device)
        check_codebook(tokens, codebook_size=self.quantizer.codebook_size)
        self.clips_out = check_batch(tokens, self.clips_out, name="tokens")
        self.num_tokens += tokens.shape[-1]
        codes = self.quantizer.dequantize(tokens)
        if last:
            codes = pad_to(codes, codes.shape[-1] + self.min_frames - self.num_tokens)
        audio = self.decoding(codes.to(weights.dtype), last)[:, 0].float()
        audio = audio[:, : self.num_tokens * self.hop_length - self.num_heard]
        self.num_heard += audio.shape[-1]
        if last:
            self.end_decoding()
        return audio

    def end_encoding(self) -> None:
        self.encoding = encoder_stage(self.encoder)
        self.num_samples = self.num_frames = 0
        self.clips_in = None

    def end_decoding(self) -> None:
        self.decoding = decoder_stage(self.decoder)
        self.num_tokens = self.num_heard = 0
        self.clips_out = None
