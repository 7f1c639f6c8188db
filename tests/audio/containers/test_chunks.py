import io

import numpy
import pytest

from lfsc.audio import files
from lfsc.audio.containers import chunks
from lfsc.audio.containers.stream import Damage, StreamFile
from lfsc.audio.recording import UnreadableAudio


def test_an_unfinished_header_gets_the_size_that_is_there(encode):
    content = encode("wav")
    unfinished = content[:40] + bytes(4) + content[44:]
    (stream,) = chunks.find_streams(io.BytesIO(unfinished), len(unfinished))
    assert StreamFile(io.BytesIO(unfinished), stream).read() == content


@pytest.mark.parametrize("kind, size", [("w64", 24), ("w64", 2**63 - 1), ("caf", 2**64 - 1), ("caf", 4), ("aiff", 8)])
def test_a_size_that_was_never_written_is_what_is_there(kind, size, encode):
    content = encode(kind)
    place = content.index({"aiff": b"SSND"}.get(kind, b"data")) + (16 if kind == "w64" else 4)
    size_bytes = 4 if kind == "aiff" else 8
    order = "little" if kind == "w64" else "big"
    unfinished = content[:place] + size.to_bytes(size_bytes, order) + content[place + size_bytes :]
    assert files.read(unfinished).audio.equal(files.read(content).audio)


@pytest.mark.parametrize("size", [0, 2**64 - 1])
def test_an_rf64_without_sizes_is_read_to_its_end(size, encode):
    content = encode("rf64")
    place = content.index(b"ds64") + 16
    content = content[:place] + size.to_bytes(8, "little") + content[place + 8 :]
    data = content.index(b"data") + 4
    content = content[:data] + b"\xff" * 4 + content[data + 4 :]
    assert files.read(content).audio.equal(files.read(encode("wav")).audio)


def test_an_rf64_of_more_than_is_there_is_truncated(encode):
    content = encode("rf64")
    place, data = content.index(b"ds64") + 16, content.index(b"data") + 4
    content = content[:data] + b"\xff" * 4 + content[data + 4 :]
    content = content[:place] + (5 << 30).to_bytes(8, "little") + content[place + 8 :]
    with pytest.raises(UnreadableAudio, match="truncated, 32000 of 5368709120 bytes of samples are there"):
        files.read(content)


def test_an_au_without_a_size_is_read_to_its_end(encode):
    content = encode("au")
    assert files.read(content[:8] + bytes(4) + content[12:]).audio.equal(files.read(content).audio)


# The fields of a `fmt ` chunk for one channel of float at 16 kHz, as an extension of whatever is said at its end.
EXTENDED_FLOAT = (
    b"\xfe\xff\1\0" + (16000).to_bytes(4, "little") + (64000).to_bytes(4, "little") + b"\4\0\x20\0\x16\0\x20\0"
    b"\4\0\0\0" + bytes.fromhex("0300000000001000800000aa00389b71")
)


def make_w64(samples: bytes, behind: bytes = b"") -> bytes:
    rest = bytes.fromhex("f3acd3118cd100c04f8edb8a")

    def chunk(name: bytes, content: bytes) -> bytes:
        return name + rest + (24 + len(content)).to_bytes(8, "little") + content

    content = b"wave" + rest + chunk(b"fmt ", EXTENDED_FLOAT) + chunk(b"data", samples) + behind
    return b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000") + (24 + len(content)).to_bytes(8, "little") + content


@pytest.mark.parametrize("behind", [b"", b"fact" * 10])
def test_float_in_w64_is_float_and_nothing_behind_it_is_sound(behind):
    samples = numpy.random.default_rng(0).normal(0, 0.1, 1000).astype("<f4")
    assert (files.read(make_w64(samples.tobytes(), behind)).audio.numpy() == samples).all()


def test_another_recording_is_found_behind_other_chunks(encode):
    content = encode("wav") + b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    with pytest.raises(UnreadableAudio, match="another recording follows at byte 32056: split them"):
        files.read(content + encode("wav"))


@pytest.mark.parametrize("kind, name", [("wav", b"data"), ("w64", b"data"), ("aiff", b"SSND"), ("caf", b"data")])
def test_a_second_chunk_of_samples_is_another_recording(kind, name, encode):
    content = encode(kind)
    samples = content[content.index(name) :]
    with pytest.raises(UnreadableAudio, match=f"another recording follows at byte {len(content)}: split them"):
        files.read(content + samples)


@pytest.mark.parametrize("kind, place, order", [("wav", 40, "little"), ("au", 8, "big")])
def test_samples_that_the_header_does_not_count_are_told(kind, place, order, encode):
    content = encode(kind)
    less = content[:place] + (8000).to_bytes(4, order) + content[place + 4 :]
    with pytest.raises(UnreadableAudio, match="its header claims 8000 bytes of samples, and 24000 more follow"):
        files.read(less)


def test_zeros_behind_the_samples_are_no_sound(encode):
    assert files.probe(encode("wav") + bytes(1 << 21)).num_samples == 16_000


@pytest.mark.parametrize("padding", [b"", b"\0"])
def test_a_large_chunk_behind_the_samples_is_no_sound(padding, encode):
    wav = encode("wav")
    content = wav[:40] + (len(wav) - 43).to_bytes(4, "little") + wav[44:] + b"\1" + padding
    content += b"bext" + (50_000).to_bytes(4, "little") + bytes(50_000)
    assert files.probe(content).num_samples == 16_000


def test_bw64_is_rf64_by_another_name_or_wav_where_it_is_short(encode):
    expected, long, short = files.read(encode("wav")).audio, encode("bw64"), encode("wav")
    assert files.read(long).audio.equal(expected)
    junk = b"JUNK" + (28).to_bytes(4, "little") + bytes(28)
    assert files.read(b"BW64" + short[4:12] + junk + short[12:]).audio.equal(expected)


@pytest.mark.parametrize("kind", ["rf64", "w64", "au", "caf", "aiff", "sphere"])
def test_sizes_of_every_notation_are_read(kind, encode):
    content = encode(kind)
    with pytest.raises(Damage, match=r"truncated, \d+ of \d+ bytes of samples are there"):
        chunks.find_streams(io.BytesIO(content[:-100]), len(content) - 100)


def test_compressed_samples_of_sphere_are_named_as_that(encode):
    content = encode("sphere").replace(b"-s3 pcm\n", b"-s26 pcm,embedded-shorten-v2.00\n", 1)[:5000]
    with pytest.raises(UnreadableAudio, match="its samples are compressed, as by shorten, which is not read"):
        files.probe(content)


def test_chunks_without_end_are_not_followed():
    content = b"RIFF" + bytes(4) + b"WAVE" + bytes(8 * 10**6)
    assert chunks.find_streams(io.BytesIO(content), len(content))[0].is_whole(len(content))
