"""The codec: speech to tokens and back."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.inference.arguments import check_audio, check_codebook, check_lengths, check_range, check_tokens
from lfsc.models.inference.chunking import decode_in_chunks, encode_in_chunks
from lfsc.models.inference.stream import Stream
from lfsc.models.lengths import Count, frames_of, mask_padding, pad_to
from lfsc.models.quantizer import GroupedFSQ
from lfsc.nn.arguments import require_whole

# What is computed at once of a clip, in seconds; on a CPU each takes about 40 MB.
CHUNK_SECONDS = 15.0


class Encoded(NamedTuple):
    tokens: Tensor  # [B,C,F] int64, zero after a clip's last frame
    tokens_len: Tensor  # [B] frames


class Decoded(NamedTuple):
    audio: Tensor  # [B,T] float32, zero after a clip's last sample
    audio_len: Tensor  # [B] samples


class Reconstructed(NamedTuple):
    audio: Tensor  # [B,T]
    tokens: Tensor  # [B,C,F]


class Lookahead(NamedTuple):
    encode: float  # milliseconds of audio after a frame that its tokens depend on
    decode: float  # milliseconds of tokens after a frame that its audio depends on


class Codec(nn.Module):
    """Encoder, quantizer and decoder of one sample rate."""

    def __init__(self, *, encoder: Encoder, quantizer: GroupedFSQ, decoder: Decoder, sample_rate: int):
        super().__init__()
        require_whole(sample_rate=sample_rate)
        if encoder.hop_length != decoder.hop_length:
            raise ValueError(
                f"encoder hops {encoder.hop_length} samples a frame (rates {list(encoder.rates)}), decoder "
                f"{decoder.hop_length} (rates {list(decoder.rates)}): their products must be equal"
            )
        if not encoder.latent_dim == quantizer.latent_dim == decoder.latent_dim:
            raise ValueError(
                f"latents have {encoder.latent_dim} channels after the encoder, {quantizer.latent_dim} in the "
                f"quantizer ({quantizer.num_codebooks} codebooks of {len(quantizer.levels)} levels), "
                f"{decoder.latent_dim} before the decoder: they must be equal"
            )
        self.encoder = encoder
        self.quantizer = quantizer
        self.decoder = decoder
        self.sample_rate = sample_rate
        # Which tokens these are, where the weights cannot tell any more; see lfsc.tokens.fingerprint.
        self.carried_fingerprint: str | None = None
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

    @property
    def lookahead(self) -> Lookahead:
        """What must have arrived after a frame before it is complete; 0 for what is causal."""
        samples = self.encoder.receptive_samples(range(1)).stop - self.hop_length
        frames = self.decoder.receptive_frames(range(self.hop_length)).stop - 1
        return Lookahead(1000 * samples / self.sample_rate, 1000 * frames / self.frame_rate)

    @property
    def device(self) -> torch.device:
        return next(self.encoder.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """What the layers compute in; audio is float32 and tokens are int64 whatever it is."""
        return next(self.encoder.parameters()).dtype

    def forward(self, audio: Tensor) -> Reconstructed:
        """What comes back of audio [B,T], as long as it came, and its tokens; gradients pass the quantizer."""
        audio = check_audio(audio, sample_rate=None, expected_rate=self.sample_rate, device=self.device)
        num_samples = audio.shape[-1]
        quantized, tokens = self.quantizer(self.encoder(self.pad(audio).to(self.dtype)))
        decoded = self.decoder(quantized.to(self.dtype)).float()
        return Reconstructed(decoded[:, :num_samples], tokens[..., : self.frames(num_samples)])

    @torch.no_grad()
    def encode(
        self,
        audio: Tensor,
        audio_len: Tensor | None = None,
        *,
        sample_rate: int | None = None,
        chunk_seconds: float = CHUNK_SECONDS,
    ) -> Encoded:
        """Tokens [B,C,F] and their frame counts [B], of audio [B,T] in -1…1; the last frame is zero-padded.

        A clip's tokens are the same by itself and beside longer clips, whole and in chunks of any length: every layer
        reflects it at its own end and sees all that a frame is made of. `sample_rate`, if given, is checked.
        """
        audio = check_audio(audio, sample_rate=sample_rate, expected_rate=self.sample_rate, device=self.device)
        audio_len = check_lengths(audio_len, audio, name="audio_len", unit="samples")
        audio = mask_padding(audio, audio_len)
        check_range(audio)
        frames = self.frames(audio_len)
        sizes = {"min_frames": self.min_frames, "chunk_frames": self.chunk_frames(chunk_seconds)}
        tokens = encode_in_chunks(self.encoder, self.quantizer, audio, audio_len, **sizes)
        return Encoded(mask_padding(tokens[..., : frames.max()], frames), frames)

    @torch.no_grad()
    def decode(
        self, tokens: Tensor, tokens_len: Tensor | None = None, *, chunk_seconds: float = CHUNK_SECONDS
    ) -> Decoded:
        """Audio [B,T] in -1…1 and its lengths [B] in samples, of tokens [B,C,F] and their frame counts [B].

        A clip's audio is the same by itself and in a batch, whole and in chunks.
        """
        tokens = check_tokens(tokens, num_codebooks=self.num_codebooks, device=self.device)
        tokens_len = check_lengths(tokens_len, tokens, name="tokens_len", unit="frames")
        tokens = mask_padding(tokens, tokens_len)
        check_codebook(tokens, codebook_size=self.codebook_size)
        sizes = {"min_frames": self.min_frames, "chunk_frames": self.chunk_frames(chunk_seconds)}
        audio = decode_in_chunks(self.quantizer, self.decoder, tokens, tokens_len, **sizes)
        audio_len = tokens_len * self.hop_length
        return Decoded(mask_padding(audio[:, : audio_len.max()], audio_len), audio_len)

    def stream(self) -> Stream:
        """Tokens as audio arrives and audio as tokens arrive, equal to those of the whole clip."""
        return Stream(
            encoder=self.encoder,
            quantizer=self.quantizer,
            decoder=self.decoder,
            sample_rate=self.sample_rate,
            min_frames=self.min_frames,
        )

    def frames(self, num_samples: Count) -> Count:
        """The frames, the last one perhaps partly filled, of so many samples."""
        return frames_of(num_samples, self.hop_length)

    def chunk_frames(self, seconds: float) -> int:
        if not seconds > 0:
            raise ValueError(f"chunk_seconds is {seconds}, expected more than 0")
        return max(1, round(min(seconds, 1e9) * self.frame_rate))

    def pad(self, audio: Tensor) -> Tensor:
        """Audio [B,T] with zeros up to a whole number of frames, and to as many as reflection needs."""
        return pad_to(audio, max(self.frames(audio.shape[-1]), self.min_frames) * self.hop_length)
