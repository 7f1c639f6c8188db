import io
import os
import re
import struct

import numpy
import pytest
import soundfile
import torch

from lfsc.audio import files, recording
from lfsc.audio.recording import UnreadableAudio

RATE = 22050
FORMATS = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", None)}


def noise(seconds: float = 1.0, *, channels: int = 1, seed: int = 0) -> numpy.ndarray:
    samples = numpy.random.default_rng(seed).normal(0, 0.1, (int(seconds * RATE), channels)).astype(numpy.float32)
    return numpy.round(samples * 32768) / 32768


def encoded(samples: numpy.ndarray, kind: str = "wav", *, rate: int = RATE, subtype: str | None = None) -> bytes:
    content = io.BytesIO()
    format, usual = FORMATS.get(kind, ("OGG", "OPUS"))
    soundfile.write(content, samples, rate, format=format, subtype=subtype or usual)
    return content.getvalue()


def test_mp3_in_a_wav_is_as_long_as_its_frames():
    """Without a table of contents, as ffmpeg writes it; libsndfile has but an estimate of its length then."""
    content = encoded(noise(), "mp3")
    frames = content[content.index(content[:2], 2) :]
    fields = 0x55, 1, RATE, 8000, 1, 0, 12, 1, 2, len(frames), 1, 1393
    chunks = b"WAVEfmt " + struct.pack("<I2H2I4HI3H", 30, *fields) + b"data" + struct.pack("<I", len(frames)) + frames
    wav = b"RIFF" + struct.pack("<I", len(chunks)) + chunks
    assert len(files.read(wav).audio) == files.probe(wav).num_samples == files.probe(frames).num_samples >= RATE


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_sixteen_bits_survive_reading_and_writing(tmp_path, kind):
    audio = torch.arange(-32768, 32768, 7, dtype=torch.float32) / 32768
    files.write(tmp_path / f"a.{kind}", audio, sample_rate=RATE)
    recording = files.read(tmp_path / f"a.{kind}")
    assert torch.equal(recording.audio, audio)
    assert recording.sample_rate == RATE
    assert [path.name for path in tmp_path.iterdir()] == [f"a.{kind}"]


def test_vorbis_is_close(tmp_path):
    tone = 0.3 * torch.sin(torch.arange(RATE) * 0.05)
    files.write(tmp_path / "a.ogg", tone, sample_rate=RATE)
    assert (files.read(tmp_path / "a.ogg").audio - tone).abs().max() < 0.02


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "opus"])
@pytest.mark.parametrize("name", ["right", "a.RAW", "a.vox", "a.txt", "a"])
def test_the_content_tells_the_format_whatever_the_name(tmp_path, kind, name):
    rate = 48000 if kind == "opus" else RATE
    path = tmp_path / (f"a.{kind}" if name == "right" else name)
    path.write_bytes(encoded(noise(), kind, rate=rate))
    info = files.probe(path)
    assert info.sample_rate == rate
    assert info.format == FORMATS.get(kind, ("OGG",))[0]
    assert len(files.read(path).audio) == info.num_samples


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32", "NMS_ADPCM_32"])
def test_wavs_that_cannot_be_read_from_the_middle_are_told(subtype):
    with pytest.raises(UnreadableAudio, match=f"{subtype} can only be read from its beginning: convert it to .flac"):
        files.read(encoded(noise(), subtype=subtype))


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_crop_is_a_slice_of_the_whole(kind):
    content = encoded(noise(3.0), kind)
    whole = files.read(content).audio
    for start, num_samples in ((0, 100), (12_345, 24_576), (RATE, None), (len(whole) - 5, 100)):
        crop = files.read(content, start=start, num_samples=num_samples).audio
        assert torch.equal(crop, whole[start : None if num_samples is None else start + num_samples])


def test_channels_are_averaged():
    samples = noise(channels=2)
    audio = files.read(encoded(samples, subtype="FLOAT")).audio
    assert torch.allclose(audio, torch.from_numpy(samples.mean(axis=1)), atol=1e-7)


def test_one_channel_is_read_alone_and_one_that_is_not_there_is_told():
    samples = noise(channels=2)
    content = encoded(samples, subtype="FLOAT")
    assert torch.equal(files.read(content, start=7, channel=1).audio, torch.from_numpy(samples[7:, 1].copy()))
    with pytest.raises(UnreadableAudio, match="no channel 2, it has 2, counted from 0"):
        files.read(content, channel=2)


@pytest.mark.parametrize("difference", [0.0, 1e-3])
def test_channels_that_cancel_each_other_out_are_not_taken_for_silence(difference):
    left = noise()
    opposed = encoded(numpy.concatenate([left, (difference - 1) * left], axis=1), subtype="FLOAT")
    with pytest.raises(UnreadableAudio, match="its channels cancel each other out"):
        files.read(opposed)
    assert len(files.read(opposed, channel=0).audio) == RATE
    for kept in ([left, 0 * left], [0 * left, 0 * left], [left, noise(seed=1)]):
        assert len(files.read(encoded(numpy.concatenate(kept, axis=1))).audio) == RATE


def test_blocks_make_the_whole(monkeypatch):
    content = encoded(noise(channels=3), "flac")
    whole = files.read(content).audio
    monkeypatch.setattr(recording, "BLOCK", 1000)
    assert torch.equal(files.read(content).audio, whole)
    assert torch.equal(files.read(content, start=500, num_samples=5000).audio, whole[500:5500])


def test_a_pipe_is_no_recording(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(UnreadableAudio, match=r"a\.wav: not a file"):
        files.probe(tmp_path / "a.wav")


def test_paths_bytes_and_open_files_read_alike(tmp_path):
    content = encoded(noise(), "flac")
    path = tmp_path / "a.flac"
    path.write_bytes(content)
    with path.open("rb") as file:
        readings = [files.read(source).audio for source in (path, str(path), content, file, file)]
    assert all(torch.equal(reading, readings[0]) for reading in readings)


def test_load_resamples():
    assert len(files.load(encoded(noise(), rate=16000), sample_rate=RATE)) == -(-RATE * RATE // 16000)


def unusable() -> dict[str, bytes]:
    flac = encoded(noise(10.0), "flac")
    holes = noise()
    holes[7] = numpy.nan
    infinite = noise()
    infinite[-1] = numpy.inf
    return {
        "nothing": b"",
        "text": b"not a recording\n" * 100,
        "no samples": encoded(noise(0.0)),
        "NaN": encoded(holes, subtype="FLOAT"),
        "infinity": encoded(infinite, subtype="FLOAT"),
        "half a FLAC": flac[: len(flac) // 2],
        "a hole in a FLAC": flac[: len(flac) // 2] + bytes(5000) + flac[len(flac) // 2 + 5000 :],
        "the beginning of an Ogg": encoded(noise(), "ogg")[:200],
    }


@pytest.mark.parametrize("case", unusable())
def test_whatever_cannot_be_used_is_one_clear_error(tmp_path, case):
    path = tmp_path / "odd.wav"
    path.write_bytes(unusable()[case])
    with pytest.raises(UnreadableAudio) as error:
        files.read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["memo.tta", "MEMO.APE"])
def test_audio_of_a_kind_that_is_not_read_is_to_be_converted(tmp_path, name):
    (tmp_path / name).write_bytes(bytes(100))
    with pytest.raises(UnreadableAudio, match=r"decoded \(.*\): convert it to \.flac or \.wav$"):
        files.load(tmp_path / name, sample_rate=RATE)


@pytest.mark.parametrize("codec", [b"\x45\0", b"\xff\0"])
def test_a_wav_of_a_codec_that_is_not_decoded_is_to_be_converted(codec):
    """Of G.726 and AAC."""
    content = bytearray(encoded(noise(), subtype="PCM_16"))
    content[20:22] = codec
    with pytest.raises(UnreadableAudio, match=r"decoded \(.*\): convert it to \.flac or \.wav$"):
        files.read(bytes(content))


@pytest.mark.parametrize(
    "content, message",
    [
        (b"\0\0\0\x1cftypM4A ", "it is MP4 (.m4a), which is not read: convert it"),
        (b"\0\0\1\xba", "it is an MPEG video, which is not read: convert it"),
        (b"Creative Voice File\x1a\x1a\0", "it is VOC, which is not read: convert it"),
        (b"\x1aE\xdf\xa3", "it is Matroska or WebM, which is not read: convert it"),
        (b"\xff\xf1", "it is AAC, which is not read: convert it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of Git LFS and not the file itself"),
        (b"<!DOCTYPE HTML><title>404", "it is a web page and not the file itself: download it again"),
        (b"\x1f\x8b\x08", "it is compressed with gzip: unpack it"),
    ],
)
def test_what_is_no_recording_is_named_by_its_content(tmp_path, content, message):
    path = tmp_path / "a.wav"
    path.write_bytes(content + bytes(1000))
    with pytest.raises(UnreadableAudio, match=re.escape(f"{path}: {message}")):
        files.read(path)


def test_what_is_not_there_or_a_folder_is_unreadable(tmp_path):
    for path in (tmp_path, tmp_path / "gone.wav"):
        with pytest.raises(UnreadableAudio, match=str(path)):
            files.probe(path)


def test_not_finite_names_the_sample():
    samples = noise()
    samples[1234] = numpy.inf
    with pytest.raises(UnreadableAudio, match="sample 1234 is not finite"):
        files.read(encoded(samples, subtype="FLOAT"), start=1000)


def test_a_crop_that_begins_after_the_end_is_the_callers_mistake():
    with pytest.raises(ValueError, match="start 22050 is outside") as error:
        files.read(encoded(noise()), start=RATE)
    assert not isinstance(error.value, UnreadableAudio)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "opus"])
def test_random_damage_is_read_or_refused_but_never_worse(kind):
    content = encoded(noise(0.5), kind, rate=48000 if kind == "opus" else RATE)
    generator = numpy.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content[: generator.integers(1, len(content) + 1)])
        for place in generator.integers(0, len(damaged), 8):
            damaged[place] = generator.integers(256)
        try:
            audio = files.read(bytes(damaged)).audio
        except UnreadableAudio:
            continue
        assert torch.isfinite(audio).all()


@pytest.mark.parametrize(
    ("audio", "name", "message"),
    [
        (torch.tensor([0.0, torch.nan]), "a.wav", "NaN or infinity"),
        (torch.zeros(2, 10), "a.wav", r"shape \[2, 10\]"),
        (numpy.zeros(10), "a.wav", r"audio is a ndarray, expected a tensor \[T\]: write torch.as_tensor"),
        (torch.zeros(10), "a.mp3", "not as 'mp3'"),
        (torch.zeros(10), "a", "not as ''"),
    ],
)
def test_what_cannot_be_written_leaves_nothing(tmp_path, audio, name, message):
    with pytest.raises(ValueError, match=message):
        files.write(tmp_path / name, audio, sample_rate=RATE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "rate", "message"),
    [
        ("ogg", 200_001, "cannot be at 200001 Hz, but at 1 to 200000 Hz"),
        ("flac", 655_360, "cannot be at 655360 Hz, but at 1 to 655350 Hz"),
        ("flac", 96_001, "cannot be at 96001 Hz: above 65535 Hz, expected a multiple of 10"),
        ("wav", 0, "cannot be at 0 Hz"),
        ("wav", 16_000.5, "cannot be at 16000.5 Hz"),
    ],
)
def test_a_rate_that_a_format_cannot_have_is_refused(kind, rate, message):
    """libvorbis would end the process, and libsndfile would write a FLAC that nobody reads."""
    with pytest.raises(ValueError, match=rf"^a \.{kind} file {message}"):
        files.encode(torch.zeros(1000), sample_rate=rate, format=kind)


@pytest.mark.parametrize(("kind", "rate"), [("ogg", 200_000), ("flac", 655_350), ("flac", 65_535), ("wav", 1_000_000)])
def test_the_highest_rates_are_written_and_read(kind, rate):
    content = files.encode(torch.zeros(1000), sample_rate=rate, format=kind)
    assert files.probe(content)[:2] == (rate, 1000)


def test_beyond_full_scale_is_clipped():
    audio = files.read(files.encode(torch.tensor([2.0, -2.0, 0.5]), sample_rate=RATE, format="flac")).audio
    assert audio.tolist() == [32767 / 32768, -1.0, 0.5]
