import gzip
import io
import json
import lzma
import os
import tarfile
from pathlib import Path

import pytest
import torch

from lfsc.audio import files
from lfsc.audio.recording import UnreadableAudio
from lfsc.audio.resampling import resample
from lfsc.evaluation.clips import bandwidth_label
from lfsc.evaluation.corpora import describe_data, find_clips, select_evenly


def shard(path, keys, audio, **note):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for key in keys:
            sound = files.encode(audio, sample_rate=22050, format="flac")
            for suffix, content in (("flac", sound), ("json", json.dumps({"key": key, **note}).encode())):
                member = tarfile.TarInfo(f"{key}.{suffix}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


def test_a_tree_gives_language_and_speaker_by_its_folders(recordings):
    clips = find_clips(recordings)
    assert [clip.key for clip in clips] == ["de/ann/a.wav", "de/ben/b.flac", "en/cat/c.wav", "en/cat/d.wav"]
    assert [(clip.language, clip.speaker) for clip in clips] == [
        ("de", "ann"),
        ("de", "ben"),
        ("en", "cat"),
        ("en", "cat"),
    ]


def test_a_clip_comes_at_the_protocol_s_rate_with_its_own_noted(recordings):
    clip = find_clips(recordings)[1]
    original = clip.load(22050)
    audio, rate = files.read(clip.path)
    assert original.source_rate == rate == 16000
    assert torch.equal(original.audio, resample(audio, from_rate=16000, to_rate=22050))


def test_a_manifest_names_the_clips(recordings):
    manifest = recordings / "manifest.csv"
    manifest.write_text("path,language,text\nen/cat/c.wav,en,hi\nde/ann/a.wav,de,hallo\n")
    clips = find_clips(recordings)
    assert [(clip.key, clip.language, clip.text) for clip in clips] == [
        ("de/ann/a.wav", "de", "hallo"),
        ("en/cat/c.wav", "en", "hi"),
    ]
    assert clips == find_clips(manifest)
    packed = recordings / "manifest.csv.gz"
    packed.write_bytes(gzip.compress(manifest.read_bytes()))
    manifest.unlink()
    assert clips == find_clips(recordings) == find_clips(packed)


def test_shards_hold_the_same_audio_and_the_notes(tmp_path, voice):
    audio = voice(1, rate=22050)
    shard(tmp_path / "b.tar", ["z", "y"], audio, language="de", speaker="ann", corpus="x", text="hallo", seconds=1)
    (clip, _) = find_clips(tmp_path)
    assert clip._replace(path=None, span=None)[:6] == ("y", None, "de", "ann", "x", "hallo")
    assert (clip.load(22050).audio - audio).abs().max() < 1e-4
    assert find_clips(tmp_path / "b.tar") == find_clips(tmp_path)


def test_a_corpus_gives_one_split(tmp_path, voice, write_index):
    for split in ("train", "val"):
        shard(tmp_path / "demo" / "en" / f"{split}-00000.tar", [split], voice(1, rate=22050))
    splits = ("train", "val")
    write_index(tmp_path, {("demo/en", split): {f"{split}-00000.tar": (1, 1.0)} for split in splits})
    assert [clip.key for clip in find_clips(tmp_path)] == ["val"]
    assert [clip.key for clip in find_clips(tmp_path, split="train")] == ["train"]
    with pytest.raises(ValueError, match="no split 'test', only train, val"):
        find_clips(tmp_path, split="test")


def test_a_manifest_names_its_recordings(recordings):
    lines = [{"path": "en/cat/c.wav", "text": "hi"}, {"audio_filepath": "de/ann/a.wav", "language": "de"}]
    (recordings / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    clips = find_clips(recordings)
    assert [(clip.key, clip.language, clip.text) for clip in clips] == [
        ("de/ann/a.wav", "de", ""),
        ("en/cat/c.wav", "", "hi"),
    ]
    assert find_clips(recordings / "manifest.jsonl") == clips


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "found no recordings"), ('{"path": "a"}\n{"path": "a", "text": "b"}', "'a' occurs more than once")],
)
def test_manifests_without_use_are_refused(tmp_path, content, message):
    (tmp_path / "m.jsonl").write_text(content)
    with pytest.raises(ValueError, match=message):
        find_clips(tmp_path / "m.jsonl")


def test_rows_that_say_the_same_are_one_clip_with_a_warning(tmp_path, capsys):
    rows = ['{"path": "a", "text": "x"}', '{"path": "b", "offset": 1}', '{"path": "b"}', '{"text": "x", "path": "a"}']
    (tmp_path / "m.jsonl").write_text("\n".join(rows))
    assert [clip.key for clip in find_clips(tmp_path / "m.jsonl")] == ["a", "b", "b-1000"]
    assert capsys.readouterr().err == f"{tmp_path}/m.jsonl: left out 1 row that others repeat\n"


def test_a_folder_that_may_not_be_looked_into_is_a_clip_at_fault(recordings, close):
    close(recordings / "de/ben")
    assert [(clip.key, clip.fault) for clip in find_clips(recordings)] == [
        ("de/ann/a.wav", ""),
        ("de/ben", "Permission denied"),
        ("en/cat/c.wav", ""),
        ("en/cat/d.wav", ""),
    ]


def test_a_row_that_says_nothing_is_a_clip_at_fault(recordings):
    (recordings / "manifest.jsonl").write_text('{\n{"path": "en/cat/c.wav", "language": 7}\n{"path": "en/cat/c.wav"}\n')
    first, second, good = sorted(find_clips(recordings), key=lambda clip: not clip.fault)
    assert first.key.endswith("line 1") and first.fault.startswith("not JSON")
    assert second.key.endswith("line 2") and second.fault == "'language' is 7, expected text"
    with pytest.raises(ValueError, match="not JSON"):
        first.load(22050)
    assert good.key == "en/cat/c.wav"


def test_parts_of_a_recording_are_clips_of_their_own(recordings):
    rows = [{"path": "en/cat/c.wav", "offset": start, "duration": 0.5, "speaker": 0} for start in (0, 0.25)]
    (recordings / "manifest.jsonl").write_text("\n".join(map(json.dumps, [*rows, {"path": "de/ann/a.wav"}])))
    other, first, second = find_clips(recordings)
    assert [clip.key for clip in (other, first, second)] == [
        "de/ann/a.wav",
        "en/cat/c-0-500.wav",
        "en/cat/c-250-500.wav",
    ]
    assert first.speaker == "0"
    whole = files.read(recordings / "en/cat/c.wav").audio
    assert torch.equal(second.load(22050).audio, whole[round(0.25 * 22050) :][:11025])
    (recordings / "manifest.jsonl").write_text(json.dumps({"path": "en/cat/c.wav", "offset": 50}))
    with pytest.raises(ValueError, match="its part begins at 50 s"):
        find_clips(recordings)[0].load(22050)


def test_folders_are_understood_as_in_data_prep(tmp_path, voice):
    for name in ("train-clean-100/103/1/103-1-0000.wav", "train-clean-100/104/2/104-2-0000.WAV"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(files.encode(voice(1, rate=22050), sample_rate=22050, format="wav"))
    (tmp_path / "more.m4a").touch()
    assert [(clip.language, clip.speaker) for clip in find_clips(tmp_path)] == [("en", "103"), ("en", "104")]
    understood, not_read = describe_data(tmp_path)
    assert "2 recordings, 2 speakers such as 103; language: en" in understood
    assert "1 file of audio is not read (1 .m4a)" in not_read


def test_a_name_that_is_no_utf8_becomes_a_key_that_can_be_written(recordings):
    path = os.path.join(os.fsencode(recordings), b"gr\xfc\xdfe.wav")
    (recordings / "en/cat/c.wav").rename(os.fsdecode(path))
    clip = next(clip for clip in find_clips(recordings) if "gr" in clip.key)
    assert clip.key == r"gr\xfc\xdfe.wav"
    assert len(clip.load(22050).audio) == 22050


def test_no_such_data(tmp_path):
    with pytest.raises(ValueError, match="no such file or folder"):
        find_clips(tmp_path / "nothing")
    with pytest.raises(ValueError, match="found no recordings"):
        find_clips(tmp_path)


def test_silence_is_no_test(tmp_path):
    files.write(tmp_path / "a.wav", torch.zeros(1000), sample_rate=22050)
    with pytest.raises(ValueError, match="digital silence"):
        find_clips(tmp_path)[0].load(22050)


@pytest.mark.parametrize(("rate", "expected"), [(8000, "8 kHz"), (16000, "16 kHz"), (44100, "full")])
def test_noise_keeps_the_band_it_was_recorded_in(tmp_path, rate, expected):
    noise = 0.1 * torch.randn(2 * rate, generator=torch.Generator().manual_seed(0))
    files.write(tmp_path / "a.wav", resample(noise, from_rate=rate, to_rate=48000), sample_rate=48000)
    assert find_clips(tmp_path)[0].load(22050).bandwidth == expected
    assert bandwidth_label(0) == "8 kHz"


def test_a_limit_takes_clips_from_everywhere():
    assert select_evenly(list(range(10)), 3) == [0, 3, 6]
    assert select_evenly([1, 2], 5) == select_evenly([1, 2], None) == [1, 2]


def pack(path, members):
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("note", [b"{", b"[]", b"\xff", b"[" * 10**5])
def test_a_damaged_json_costs_its_clip_alone(tmp_path, voice, note):
    sound = files.encode(voice(1, rate=22050), sample_rate=22050, format="flac")
    pack(tmp_path / "a.tar", [("x.flac", sound), ("x.json", note), ("y.speech.FLAC", sound), ("z.json", b"{}")])
    bad, good, without = find_clips(tmp_path / "a.tar")
    assert bad.fault.startswith("its json ")
    assert (good.key, good.fault) == ("y", "")
    assert (without.key, without.fault) == ("z", "no recordings among its json, expected one")


def test_what_is_damaged_is_a_clip_at_fault_among_the_others(tmp_path, voice):
    shard(tmp_path / "whole.tar", ["a", "b"], voice(1, rate=22050))
    shard(tmp_path / "cut.tar", ["c", "d"], voice(1, rate=22050))
    content = (tmp_path / "cut.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(content[: content.index(b"d.flac") + 9000])
    shard(tmp_path / "odd.tar", ["e"], voice(1, rate=22050))
    content = (tmp_path / "odd.tar").read_bytes()
    (tmp_path / "odd.tar").write_bytes(content.replace(b'{"key": "e"}', b'["key", "e"]'))
    faults = {Path(clip.key).name: clip.fault for clip in find_clips(tmp_path)}
    assert list(faults) == ["cut.tar", "a", "b", "e"]
    assert "cut.tar is damaged (member 'd.flac' claims" in faults.pop("cut.tar")
    assert faults == {"a": "", "b": "", "e": "its json is a list, expected an object"}


def test_what_is_no_file_is_a_clip_that_fails(recordings):
    os.mkfifo(recordings / "pipe.wav")
    (recordings / "gone.wav").symlink_to("nothing.wav")
    clips = {clip.key: clip for clip in find_clips(recordings)}
    for key in ("pipe.wav", "gone.wav"):
        with pytest.raises(UnreadableAudio, match=key):
            clips[key].load(22050)


def test_what_is_compressed_is_named(tmp_path):
    (tmp_path / "a.tar.xz").write_bytes(lzma.compress(b"a"))
    with pytest.raises(ValueError, match=r"a\.tar\.xz is compressed with xz: unpack it"):
        find_clips(tmp_path / "a.tar.xz")


@pytest.mark.parametrize("content", [b"", b"RIFF" + bytes(2000), b"x" * 512])
def test_what_is_no_tar_is_a_clip_at_fault(tmp_path, content):
    (tmp_path / "a.tar").write_bytes(content)
    (clip,) = find_clips(tmp_path / "a.tar")
    assert clip.fault.startswith(f"{tmp_path / 'a.tar'} is damaged (")


def test_a_clip_never_takes_the_place_of_another(tmp_path, voice):
    sound = files.encode(voice(1, rate=22050), sample_rate=22050, format="flac")
    pack(tmp_path / "a.tar", [("a.flac", sound), ("a.flac", sound)])
    assert "two members are a.flac" in find_clips(tmp_path / "a.tar")[-1].fault
