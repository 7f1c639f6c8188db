import math
import random

import pytest
import torch

from lfsc.tokens import file as token_file
from lfsc.tokens.file import Tokens
from lfsc.tokens.fingerprint import fingerprint


def stored(*, frames=13, codebooks=8, codebook_size=2016, hop_length=1024, missing=100, seed=0) -> Tokens:
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, codebook_size, (codebooks, frames), generator=generator)
    return Tokens(codes, frames * hop_length - missing, 22050, hop_length, codebook_size, "0123456789abcdef", -1.5)


@pytest.mark.parametrize("codebook_size", [2, 3, 1000, 1024, 2016, 65536])
@pytest.mark.parametrize("codebooks", [1, 8])
def test_what_is_written_is_read(tmp_path, codebook_size, codebooks):
    written = stored(codebooks=codebooks, codebook_size=codebook_size)
    token_file.write(tmp_path / "clip.lfsc", written)
    found = token_file.read(tmp_path / "clip.lfsc")
    assert torch.equal(found.tokens, written.tokens)
    assert found[1:] == written[1:]


def test_every_code_of_the_codebook_survives():
    codes = torch.arange(2016).view(8, -1)
    written = stored()._replace(tokens=codes, num_samples=252 * 1024)
    assert torch.equal(token_file.unpack(token_file.pack(written)).tokens, codes)


def test_a_frame_takes_88_bits_and_a_minute_1895_bits_a_second():
    frames = math.ceil(60 * 22050 / 1024)
    content = token_file.pack(stored(frames=frames))
    payload = len(content) - token_file.HEADER.size - token_file.CRC.size
    assert payload == 11 * frames
    assert 8 * payload / (frames * 1024 / 22050) == pytest.approx(1895, abs=0.5)
    assert 8 * len(content) / 60 < 1902


@pytest.mark.parametrize(("codebooks", "codebook_size", "bits"), [(4, 4032, 48), (13, 2016, 143), (8, 2016, 88)])
def test_nanocodecs_frames_need_not_be_whole_bytes(codebooks, codebook_size, bits, tmp_path):
    written = stored(frames=41, codebooks=codebooks, codebook_size=codebook_size, hop_length=1764)
    content = token_file.pack(written)
    assert len(content) - token_file.HEADER.size - token_file.CRC.size == math.ceil(41 * bits / 8)
    assert torch.equal(token_file.unpack(content).tokens, written.tokens)


def test_codes_are_packed_highest_bit_first_frame_after_frame():
    packed = token_file.pack_codes(torch.tensor([[0b10000000001, 1], [0b11, 0]]), bits=11)
    assert packed == int("100000000010000000001100000000001000000000000000", 2).to_bytes(6, "big")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a token file"),
        (b"RIFF1234", "not a token file"),
        (b"LFSC\x02" + bytes(60), "version 2, this lfsc reads version 1"),
        (token_file.pack(stored())[:-1], "truncated or damaged: 185 bytes, its header announces 186"),
        (token_file.pack(stored())[:20], "truncated: 20 bytes"),
        (token_file.pack(stored()) + b"\0", "187 bytes, its header announces 186"),
    ],
)
def test_what_is_no_whole_token_file_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        token_file.unpack(content)


def test_a_flipped_bit_anywhere_is_refused():
    content = token_file.pack(stored(frames=3))
    for position in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(ValueError, match="token file"):
            token_file.unpack(bytes(flipped))


def test_thousands_of_mutations_are_refused_or_read_never_worse():
    """With a checksum that agrees, as a hostile writer would make it: the other checks must hold by themselves."""
    generator = random.Random(0)
    content = token_file.pack(stored(frames=5))
    refused = 0
    for _ in range(5000):
        mutated = mutation(bytearray(content[: -token_file.CRC.size]), generator)
        mutated += token_file.CRC.pack(token_file.zlib.crc32(mutated)) if generator.random() < 0.8 else b"\0\0\0\0"
        try:
            found = token_file.unpack(bytes(mutated))
        except ValueError:
            refused += 1
        else:
            assert found.tokens.numel() < 8 * len(mutated)
            assert 0 <= int(found.tokens.min()) <= int(found.tokens.max()) < found.codebook_size
            assert found.tokens.shape[1] == -(-found.num_samples // found.hop_length)
    assert 2000 < refused < 5000


def mutation(content: bytearray, generator: random.Random) -> bytearray:
    for _ in range(generator.randint(1, 4)):
        kind, place = generator.random(), generator.randrange(len(content))
        if kind < 0.5:
            content[place] = generator.randrange(256)
        elif kind < 0.7:
            content[place : place + 4] = generator.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x80"])
        elif kind < 0.85:
            del content[place : place + generator.randint(1, 9)]
        else:
            content[place:place] = generator.randbytes(generator.randint(1, 9))
        content = content or bytearray(b"L")
    return content


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_samples": 99999999}, "frames of 1024 samples cannot hold"),
        ({"codebook_size": 4}, "not all in 0 to 3"),
        ({"codebook_size": 65537}, "codebooks of 65537 codes: a token file has 65536 at most"),
    ],
)
def test_nothing_is_written_that_could_not_be_read(wrong, message):
    with pytest.raises(ValueError, match=message):
        token_file.pack(stored()._replace(**wrong))


def test_no_more_tokens_are_written_than_are_read(monkeypatch):
    monkeypatch.setattr(token_file, "MOST_TOKENS", 8 * 13)
    token_file.unpack(token_file.pack(stored(frames=13)))
    with pytest.raises(ValueError, match="112 tokens: a token file has 104 at most"):
        token_file.pack(stored(frames=14))


@pytest.mark.parametrize("gain_db", [3e38, -3e38, 1e6, math.inf, math.nan])
def test_a_gain_that_no_sound_needs_is_damage(gain_db):
    with pytest.raises(ValueError, match="no codec has such a header"):
        token_file.unpack(token_file.pack(stored()._replace(gain_db=gain_db)))


@pytest.mark.parametrize("codebooks", [1, 3, 8])
def test_long_files_are_unpacked_in_parts_that_join(codebooks):
    written = stored(frames=2 * token_file.CODES_AT_ONCE // codebooks + 5, codebooks=codebooks)
    assert torch.equal(token_file.unpack(token_file.pack(written)).tokens, written.tokens)


def test_more_tokens_than_anybody_has_are_refused_before_they_are_unpacked():
    content = token_file.HEADER.pack(b"LFSC", 1, bytes(8), 22050, 1, 65535, 2, 100_000, 0.0)
    with pytest.raises(ValueError, match=r"announces 6,553,500,000 tokens, a file has 67,108,864 at most"):
        token_file.unpack(content + bytes(4))


@pytest.mark.parametrize("wrong", [{"sample_rate": 16000}, {"codebook_size": 4096}, {"hop_length": 16}, "codebooks"])
def test_a_header_that_is_not_the_codecs_is_damage(make_codec, wrong):
    codec = make_codec()
    tokens = torch.zeros(codec.num_codebooks, 5, dtype=torch.int64)
    honest = Tokens.of_codec(codec, tokens, 5 * codec.hop_length, fingerprint(codec))
    token_file.require_made_by(codec, honest, name="it")
    spoilt = honest._replace(tokens=tokens[:1]) if wrong == "codebooks" else honest._replace(**wrong)
    with pytest.raises(ValueError, match=r"it is damaged: codebooks, their size, sample rate and hop length are"):
        token_file.require_made_by(codec, spoilt, name="it")
