"""The reader of recordings on files whose headers are wrong, missing or cut off, in every container."""

import io
import time

import numpy
import pytest
import soundfile

from lfsc.audio import files, recording
from lfsc.audio.containers import flac
from lfsc.audio.containers.find import find_streams
from lfsc.audio.recording import UnreadableAudio

RATE = 16000
KINDS = ("wav", "wavex", "adpcm", "rf64", "bw64", "w64", "aiff", "au", "caf", "sphere", "flac", "vorbis", "opus", "mp3")
READ_WHOLE = ("vorbis", "opus", "mp3")


def length(content: bytes) -> int:
    info, audio = files.probe(content), files.read(content).audio
    assert info.num_samples == len(audio)
    return len(audio)


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_left_as_it_is(kind, encode):
    content = encode(kind)
    (stream,) = find_streams(io.BytesIO(content))
    assert stream.is_whole(len(content)) or kind == "bw64"
    # ADPCM comes in blocks.
    assert length(content) == (16272 if kind == "adpcm" else RATE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused_in_every_format(kind, share, encode):
    content = encode(kind)
    with pytest.raises(UnreadableAudio, match="truncated"):
        files.read(content[: int(share * len(content))])


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_byte_counts(kind, encode):
    content = encode(kind)
    with pytest.raises(UnreadableAudio):
        files.read(content[:-1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0.5, 1.0])
def test_a_recording_behind_another_is_read_or_refused(kind, seconds, encode):
    both = encode(kind) + encode(kind, seconds, seed=1)
    if kind in READ_WHOLE:
        assert length(both) == RATE + int(seconds * RATE)
        alone = files.read(encode(kind, seconds, seed=1)).audio
        assert numpy.array_equal(files.read(both).audio[RATE:], alone)
        crop = files.read(both, start=RATE - 100, num_samples=300).audio
        assert len(crop) == 300
    else:
        with pytest.raises(UnreadableAudio, match=r"another|truncated"):
            files.read(both)


def test_parts_at_different_rates_are_refused(encode):
    slow = io.BytesIO()
    soundfile.write(slow, numpy.zeros(8000), 8000, format="OGG", subtype="VORBIS")
    with pytest.raises(UnreadableAudio, match="its rate changes from 16000 to 8000 Hz: split it"):
        files.read(encode("vorbis") + slow.getvalue())


ID3V1, ID3V2 = b"TAG" + bytes(125), b"ID3\x04\0\0\0\0\0\x14" + bytes(20)
APE_HEADER = b"APETAGEX" + b"".join(value.to_bytes(4, "little") for value in (2000, 32 + 60, 1, 0xA000_0000)) + bytes(8)
APE = APE_HEADER + bytes(60) + APE_HEADER


@pytest.mark.parametrize("kind", ["flac", "mp3"])
@pytest.mark.parametrize("before, behind", [(2 * ID3V2, ID3V1), (APE, APE + ID3V1), (ID3V2, bytes(300))], ids=range(3))
def test_tags_around_a_recording_are_no_audio(kind, before, behind, encode):
    assert length(before + encode(kind) + behind) == RATE


@pytest.mark.parametrize("kind", ["wav", "mp3", "vorbis", "aiff"])
@pytest.mark.parametrize("between", [b"", ID3V1])
def test_nothing_but_tags_may_follow_a_flac(kind, between, encode):
    for read in (files.probe, files.read):
        with pytest.raises(UnreadableAudio, match="another recording or other data follow its last frame"):
            read(encode("flac") + between + encode(kind))


@pytest.mark.parametrize("claimed", [0, 1 << 34, (1 << 36) - 1, 8000, 16001])
def test_a_flac_is_as_long_as_its_frames_or_refused(claimed, encode):
    content = bytearray(encode("flac"))
    content[21:26] = (content[21] >> 4 << 36 | claimed).to_bytes(5)
    if 0 < claimed < (1 << 36) - 1 and claimed > RATE:
        with pytest.raises(UnreadableAudio, match="truncated"):
            files.read(bytes(content))
    else:
        assert length(bytes(content)) == RATE
        assert numpy.array_equal(files.read(bytes(content)).audio, files.read(encode("flac")).audio)


def test_a_flac_of_unknown_length_that_was_cut_off_is_refused(encode):
    content = bytearray(encode("flac"))
    content[21:26] = (content[21] >> 4 << 36).to_bytes(5)
    with pytest.raises(UnreadableAudio, match="truncated"):
        files.read(bytes(content[:-20]))


@pytest.mark.parametrize("claimed", [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0x7FFF_F000, 0x7FFF_0000])
def test_a_wav_whose_header_was_never_finished_is_read_to_its_end(claimed, encode):
    content = bytearray(encode("wav"))
    content[40:44] = claimed.to_bytes(4, "little")
    assert length(bytes(content)) == RATE


def test_a_wav_without_samples_holds_none_though_chunks_follow(encode):
    content = bytearray(encode("wav")[:44])
    content[40:44] = bytes(4)
    with pytest.raises(UnreadableAudio, match="holds no samples"):
        files.read(bytes(content + b"LIST" + (4).to_bytes(4, "little") + b"INFO"))


@pytest.mark.parametrize("kind", KINDS)
def test_absurd_claims_cost_neither_memory_nor_time(kind, encode):
    content = encode(kind, 0.2)
    generator = numpy.random.default_rng(0)
    begun = time.process_time()
    for place in range(0, min(len(content), 120)):
        for value in (b"\xff", b"\x7f\xff\xff\xff", bytes(generator.integers(0, 256, 4, dtype=numpy.uint8))):
            changed = content[:place] + value + content[place + len(value) :]
            try:
                assert len(files.read(changed).audio) <= 100 * RATE
            except UnreadableAudio as error:
                assert "\n" not in str(error)
    assert time.process_time() - begun < 60


@pytest.mark.parametrize("rate", [1, 100, 2_000_000_000])
def test_rates_at_which_nobody_records_are_refused(encode, rate):
    content = bytearray(encode("wav"))
    content[24:28] = rate.to_bytes(4, "little")
    with pytest.raises(UnreadableAudio, match=rf"its rate is {rate} Hz, expected 1000 to 1000000 Hz"):
        files.probe(bytes(content))


def test_what_would_not_fit_into_the_memory_is_refused(monkeypatch, encode):
    monkeypatch.setattr(recording, "MOST_SAMPLES", 10_000)
    with pytest.raises(UnreadableAudio, match="16000 samples are too many to be read at once, 10000 are not"):
        files.read(encode("wav"))
    assert len(files.read(encode("wav"), start=9000).audio) == 7000


PATTERNS = {
    "empty chunks": b"RIFF" + bytes(4) + b"WAVE" + bytes(10**6),
    "empty pages": (b"OggS\0\2" + bytes(21)) * 40_000,
    "headers of MP3": b"\xff\xfb\x90\xc0" * 250_000,
    "tags of ID3": (b"ID3\4" + bytes(6)) * 100_000,
    "headers of FLAC": bytes(42) + b"\xff\xf8\xc9\x18\0\xc2" * 160_000,
}


@pytest.mark.parametrize("name", PATTERNS)
def test_what_only_looks_like_a_recording_is_refused_at_once(encode, name):
    content = PATTERNS[name]
    if name == "headers of FLAC":
        assert flac.crc8(content[42:47]) == content[47]
        content = encode("flac")[:42] + content[42:]
    begun = time.process_time()
    with pytest.raises(UnreadableAudio):
        files.read(content)
    assert time.process_time() - begun < 5
