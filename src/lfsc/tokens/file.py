"""Token files: a clip's tokens packed to the bit, with all that turns them back into audio, checked, and no pickle.

Little-endian: magic `LFSC`, version u8, fingerprint [8], sample rate u32, hop length u32, codebooks u16, codebook
size u32, samples u64, gain in dB f32, the codes frame after frame, each in ceil(log2 codebook size) bits with the
highest first, zeros up to a whole byte, and a CRC-32 of all that.
"""

import struct
import zlib
from os import PathLike
from typing import NamedTuple

import numpy
import torch
from torch import Tensor

from lfsc.io.atomic import write_bytes
from lfsc.io.regular import open_regular
from lfsc.models.codec import Codec
from lfsc.models.lengths import frames_of
from lfsc.tokens.fingerprint import require_same_codec

MAGIC, VERSION = b"LFSC", 1
HEADER = struct.Struct("<4sB8sIIHIQf")
CRC = struct.Struct("<I")
# What uint16 holds, as token shards do.
LARGEST_CODEBOOK = 1 << 16
# Four days of the paper's codec, half a gigabyte of tokens.
MOST_TOKENS = 1 << 26
# The quietest sound in float32 is at -760 dB.
LARGEST_GAIN = 1000.0
CODES_AT_ONCE = 1 << 18


class Tokens(NamedTuple):
    tokens: Tensor  # [C,F] int64
    num_samples: int
    sample_rate: int
    hop_length: int
    codebook_size: int
    fingerprint: str
    gain_db: float = 0.0  # how much louder the audio was made before it was encoded

    @classmethod
    def of_codec(
        cls, codec: Codec, tokens: Tensor, num_samples: int, fingerprint: str, *, gain_db: float = 0.0
    ) -> "Tokens":
        """Tokens [C,F] of a codec with what a token file tells of it."""
        return cls(
            tokens.cpu(), num_samples, codec.sample_rate, codec.hop_length, codec.codebook_size, fingerprint, gain_db
        )


def write(path: PathLike | str, stored: Tokens) -> None:
    write_bytes(path, pack(stored))


def read(path: PathLike | str) -> Tokens:
    """What a token file holds; raises ValueError with the reason where it is not whole."""
    with open_regular(path) as file:
        return unpack(file.read(), name=str(path))


def pack(stored: Tokens) -> bytes:
    """The bytes of a token file."""
    codebooks, frames = stored.tokens.shape
    if frames != frames_of(stored.num_samples, stored.hop_length):
        raise ValueError(f"{frames} frames of {stored.hop_length} samples cannot hold {stored.num_samples} samples")
    if frames and not 0 <= int(stored.tokens.min()) <= int(stored.tokens.max()) < stored.codebook_size:
        raise ValueError(f"tokens are not all in 0 to {stored.codebook_size - 1}")
    # What would not be read again.
    if stored.codebook_size > LARGEST_CODEBOOK:
        raise ValueError(f"codebooks of {stored.codebook_size} codes: a token file has {LARGEST_CODEBOOK} at most")
    if codebooks * frames > MOST_TOKENS:
        raise ValueError(f"{codebooks * frames:,} tokens: a token file has {MOST_TOKENS:,} at most")
    header = HEADER.pack(
        MAGIC,
        VERSION,
        bytes.fromhex(stored.fingerprint),
        stored.sample_rate,
        stored.hop_length,
        codebooks,
        stored.codebook_size,
        stored.num_samples,
        stored.gain_db,
    )
    content = header + pack_codes(stored.tokens, bits_per_code(stored.codebook_size))
    return content + CRC.pack(zlib.crc32(content))


def unpack(content: bytes, *, name: str = "token file") -> Tokens:
    """What the bytes of a token file hold; raises ValueError for anything else."""
    if content[:4] != MAGIC:
        raise ValueError(f"{name} is not a token file: it does not begin with {MAGIC.decode()}")
    if len(content) > 4 and content[4] != VERSION:
        raise ValueError(f"{name} is a token file of version {content[4]}, this lfsc reads version {VERSION}")
    if len(content) < (least := HEADER.size + CRC.size):
        raise ValueError(f"{name} is truncated: {len(content)} bytes, a token file has {least} at least")
    _, _, mark, sample_rate, hop_length, codebooks, codebook_size, num_samples, gain_db = HEADER.unpack_from(content)
    sizes = sample_rate and hop_length and codebooks and num_samples
    # What is no number is not within any bounds either.
    if not (sizes and 2 <= codebook_size <= LARGEST_CODEBOOK and abs(gain_db) <= LARGEST_GAIN):
        raise ValueError(f"{name} is damaged: no codec has such a header")
    frames = frames_of(num_samples, hop_length)
    if frames * codebooks > MOST_TOKENS:
        raise ValueError(f"{name} announces {frames * codebooks:,} tokens, a file has {MOST_TOKENS:,} at most")
    # Compared before anything is allocated: a header may claim any length.
    size = HEADER.size + -(-frames * codebooks * bits_per_code(codebook_size) // 8) + CRC.size
    if len(content) != size:
        raise ValueError(f"{name} is truncated or damaged: {len(content)} bytes, its header announces {size}")
    if CRC.unpack(content[-CRC.size :])[0] != zlib.crc32(content[: -CRC.size]):
        raise ValueError(f"{name} is damaged: its checksum does not agree with its content")
    payload = content[HEADER.size : -CRC.size]
    tokens = unpack_codes(payload, codebooks=codebooks, frames=frames, bits=bits_per_code(codebook_size))
    if int(tokens.max()) >= codebook_size:
        raise ValueError(f"{name} is damaged: code {int(tokens.max())} in a codebook of {codebook_size}")
    return Tokens(tokens, num_samples, sample_rate, hop_length, codebook_size, mark.hex(), gain_db)


def pack_codes(tokens: Tensor, bits: int) -> bytes:
    """Codes of tokens [C,F], frame after frame, `bits` each, highest bit first."""
    codes = tokens.T.reshape(-1).numpy().astype(numpy.uint32)
    places = numpy.arange(bits - 1, -1, -1, dtype=numpy.uint32)
    return numpy.packbits((codes[:, None] >> places & 1).astype(numpy.uint8)).tobytes()


def unpack_codes(payload: bytes, *, codebooks: int, frames: int, bits: int) -> Tensor:
    """Tokens [C,F] of packed codes."""
    tokens, packed = numpy.empty((codebooks, frames), dtype=numpy.int64), numpy.frombuffer(payload, dtype=numpy.uint8)
    values = 1 << numpy.arange(bits - 1, -1, -1, dtype=numpy.int32)
    # Some frames at once, so many that they end with a byte: a digit of a bit takes bytes meanwhile.
    step = 8 * max(1, CODES_AT_ONCE // (8 * codebooks))
    for start in range(0, frames, step):
        count = min(step, frames - start)
        first = start * codebooks * bits // 8
        digits = numpy.unpackbits(packed[first : first + step * codebooks * bits // 8], count=count * codebooks * bits)
        tokens[:, start : start + count] = (digits.reshape(-1, bits) @ values).reshape(count, codebooks).T
    return torch.from_numpy(tokens)


def require_made_by(codec: Codec, stored: Tokens, *, name: str) -> None:
    """ValueError where another codec made the tokens, or their file says of it what is not so."""
    require_same_codec(stored.fingerprint, codec, name=name)
    found = (len(stored.tokens), stored.codebook_size, stored.sample_rate, stored.hop_length)
    if found != (expected := (codec.num_codebooks, codec.codebook_size, codec.sample_rate, codec.hop_length)):
        raise ValueError(
            f"{name} is damaged: codebooks, their size, sample rate and hop length are {found}, of the codec that it "
            f"names {expected}"
        )


def bits_per_code(codebook_size: int) -> int:
    return (codebook_size - 1).bit_length()
