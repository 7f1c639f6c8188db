"""The codec: speech to tokens and back."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.quantizer import GroupedFSQ


class Encoded(NamedTuple):
    tokens: Tensor  # [B,C,F] int64, zero behind a clip's last frame
    tokens_len: Tensor  # [B] frames


class Decoded(NamedTuple):
    audio: Tensor  # [B,T] float32, zero behind a clip's last sample
    audio_len: Tensor  # [B] samples


class Reconstructed(NamedTuple):
    audio: Tensor  # [B,T]
    tokens: Tensor  # [B,C,F]


class Codec(nn.Module):
    """Encoder, quantizer and decoder of one sample rate."""

    def __init__(self, *, encoder: Encoder, quantizer: GroupedFSQ, decoder: Decoder, sample_rate: int):
        super().__init__()
        if encoder.hop_length != decoder.hop_length:
            raise ValueError(
                f"encoder hops {encoder.hop_length} samples a frame (rates {list(encoder.rates)}), decoder "
                f"{decoder.hop_length} (rates {list(decoder.rates)}): their products must be equal"
            )
        if not encoder.latent_dim == quantizer.latent_dim == decoder.latent_dim:
            raise ValueError(
                f"latents have {encoder.latent_dim} channels behind the encoder, {quantizer.latent_dim} in the quantizer "
                f"({quantizer.num_codebooks} codebooks × {len(quantizer.levels)} levels), {decoder.latent_dim} before "
                "the decoder: they must be equal"
            )
        self.encoder = encoder
        self.quantizer = quantizer
        self.decoder = decoder
        self.sample_rate = sample_rate
        # Reflection needs inputs longer than the reflected part: anything shorter is zero-padded to this and trimmed.
        self.min_frames = max(encoder.min_frames, decoder.min_frames)

    @property
    def hop_length(self) -> int:
        return self.encoder.hop_length

    @property
    def frame_rate(self) -> float:
        return self.sample_rate / self.hop_length

    @property
    def num_codebooks(self) -> int:
        return self.quantizer.num_codebooks

    @property
    def codebook_size(self) -> int:
        return self.quantizer.codebook_size

    @property
    def bitrate(self) -> float:
        """Bits a second, by the information in a token: log2 of the codebook size."""
        return self.quantizer.bits_per_frame * self.frame_rate

    def forward(self, audio: Tensor) -> Reconstructed:
        """What comes back of audio [B,T], as long as it came, and its tokens; gradients pass the quantizer."""
        num_samples = audio.shape[-1]
        codes, tokens = self.quantizer(self.encoder(self.pad(audio)))
        return Reconstructed(self.decoder(codes)[:, :num_samples], tokens[..., : self.frames(num_samples)])

    def encode(self, audio: Tensor, audio_len: Tensor | None = None) -> Encoded:
        """Tokens [B,C,F] and their frame counts [B], of audio [B,T] at `sample_rate`; the last frame is zero-padded.

        A clip's tokens are the same alone and beside longer clips: every layer reflects it at its own end.
        """
        if audio_len is None:
            audio_len = torch.full(audio.shape[:1], audio.shape[-1], device=audio.device)
        frames = self.frames(audio_len)
        latents = self.encoder(self.pad(silenced(audio, audio_len)), self.ends(frames))
        tokens = self.quantizer(latents).tokens[..., : frames.max()]
        return Encoded(silenced(tokens, frames), frames)

    def decode(self, tokens: Tensor, tokens_len: Tensor | None = None) -> Decoded:
        """Audio [B,T] in −1…1 and its lengths [B] in samples, of tokens [B,C,F] and their frame counts [B]."""
        if tokens_len is None:
            tokens_len = torch.full(tokens.shape[:1], tokens.shape[-1], device=tokens.device)
        codes = silenced(self.quantizer.codes_of(tokens), tokens_len)
        missing = max(0, self.min_frames - codes.shape[-1])
        audio = self.decoder(F.pad(codes, (0, missing)), self.ends(tokens_len))
        audio_len = tokens_len * self.hop_length
        return Decoded(silenced(audio[:, : audio_len.max()], audio_len), audio_len)

    def frames(self, num_samples):
        """The frames, the last one perhaps partly filled, of so many samples."""
        return -(-num_samples // self.hop_length)

    def pad(self, audio: Tensor) -> Tensor:
        """Audio [B,T] with zeros up to a whole number of frames, and to as many as reflection needs."""
        frames = max(self.frames(audio.shape[-1]), self.min_frames)
        return F.pad(audio, (0, frames * self.hop_length - audio.shape[-1]))

    def ends(self, frames: Tensor) -> Tensor | None:
        """Where each clip of a batch ends, in frames [B]; None where all end together, which needs no care."""
        ends = frames.clamp(min=self.min_frames)
        return None if bool((ends == ends[0]).all()) else ends


def silenced(x: Tensor, length: Tensor) -> Tensor:
    """x [B,...,T] with zeros from each clip's `length` [B] on."""
    steps = torch.arange(x.shape[-1], device=x.device)
    behind = (steps >= length[:, None]).view(len(length), *[1] * (x.dim() - 2), -1)
    return x.masked_fill(behind, 0)
