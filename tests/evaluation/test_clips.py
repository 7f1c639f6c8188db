import io
import json
import tarfile
from pathlib import Path

import pytest
import torch

from lfsc.audio import files
from lfsc.audio.resampling import resample
from lfsc.evaluation.clips import bandwidth_label, find_clips, select_evenly


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


def test_shards_hold_the_same_audio_and_the_notes(tmp_path, voice):
    audio = voice(1, rate=22050)
    shard(tmp_path / "b.tar", ["z", "y"], audio, language="de", speaker="ann", corpus="x", text="hallo", seconds=1)
    (clip, _) = find_clips(tmp_path)
    assert clip._replace(path=None, span=None) == ("y", None, "de", "ann", "x", "hallo", None, "")
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
    [("{", "line 1: not JSON"), ("", "found no recordings"),
     ('{"path": "a"}\n{"path": "a"}', "'a' occurs more than once")],
)  # fmt: skip
def test_bad_manifests_are_named_by_line(tmp_path, content, message):
    (tmp_path / "m.jsonl").write_text(content)
    with pytest.raises(ValueError, match=message):
        find_clips(tmp_path / "m.jsonl")


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


@pytest.mark.parametrize("note", [b"{", b"[]", b"\xff", b"[" * 10**5])
def test_a_shard_with_a_damaged_json_is_named(tmp_path, note):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("x.json")
        member.size = len(note)
        archive.addfile(member, io.BytesIO(note))
    with pytest.raises(ValueError, match=r"none can be read; the first, x: its json"):
        find_clips(tmp_path / "a.tar")


def test_what_is_damaged_is_a_clip_at_fault_among_the_others(tmp_path, voice):
    shard(tmp_path / "whole.tar", ["a", "b"], voice(1, rate=22050))
    shard(tmp_path / "cut.tar", ["c", "d"], voice(1, rate=22050))
    content = (tmp_path / "cut.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(content[: content.index(b"d.flac") + 9000])
    shard(tmp_path / "odd.tar", ["e"], voice(1, rate=22050))
    content = (tmp_path / "odd.tar").read_bytes()
    (tmp_path / "odd.tar").write_bytes(content.replace(b'{"key": "e"}', b'["key", "e"]'))
    faults = {Path(clip.key).name: clip.fault for clip in find_clips(tmp_path)}
    assert list(faults) == ["cut.tar", "a", "b", "c", "e"]
    assert "cut.tar is damaged (member 'd.flac' claims" in faults.pop("cut.tar")
    assert faults == {"a": "", "b": "", "c": "", "e": "its json is a list, expected an object"}


@pytest.mark.parametrize("content", [b"", b"RIFF" + bytes(2000), b"x" * 512])
def test_what_is_no_tar_is_named(tmp_path, content):
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.tar is damaged \(.*\)$"):
        find_clips(tmp_path / "a.tar")
