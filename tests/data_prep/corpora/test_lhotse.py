"""Miniatures of what lhotse writes: cuts, recordings and supervisions as .jsonl, .jsonl.gz or .json, and Shar."""

import gzip
import io
import json
import tarfile

import pytest

from data_prep.corpora.folder import utterances
from data_prep.corpora.utterance import Rejection
from lfsc.audio.parts import WHOLE, Part


def recording(name):
    source = {"type": "file", "channels": [0], "source": f"wav/{name}.wav"}
    return {"id": name, "sources": [source], "sampling_rate": 16000, "num_samples": 64000, "duration": 4.0}


def supervision(name, number, start):
    return {"id": f"{name}-{number}", "recording_id": name, "start": start, "duration": 1.5, "channel": 0,
            "text": f"text {number}", "language": "German", "speaker": f"s{name}"}  # fmt: skip


RECORDINGS = [recording("a"), recording("b")]
SUPERVISIONS = [supervision("a", 0, 0.0), supervision("a", 1, 2.0), supervision("b", 0, 1.0)]
CUTS = [{"id": "a-0", "start": 2.0, "duration": 1.5, "channel": 0, "type": "MonoCut", "recording": RECORDINGS[0],
         "supervisions": [SUPERVISIONS[1] | {"start": 0.0}]}]  # fmt: skip


def write(path, rows):
    if path.name.endswith(".json"):
        path.write_text(json.dumps(rows, indent=2))
    else:
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
        path.write_bytes(gzip.compress(content) if path.name.endswith(".gz") else content)
    return path


def read(folder, manifest):
    items = utterances(folder / "scratch", sources=[folder], manifests=manifest and [manifest])
    return [item for item in items if not isinstance(item, str)]


def essence(found):
    return [(row.source.path.rpartition("/")[2], row.part.start, row.language, row.speaker, row.text) for row in found]


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "json"])
@pytest.mark.parametrize("given", ["recordings", "supervisions"])
def test_recordings_and_supervisions_are_read_together(tmp_path, given, suffix):
    for kind, rows in (("recordings", RECORDINGS), ("supervisions", SUPERVISIONS)):
        write(tmp_path / f"mini_{kind}_dev.{suffix}", rows)
    found = read(tmp_path, tmp_path / f"mini_{given}_dev.{suffix}")
    assert essence(found) == [
        ("a.wav", 0.0, "German", "sa", "text 0"),
        ("a.wav", 2.0, "German", "sa", "text 1"),
        ("b.wav", 1.0, "German", "sb", "text 0"),
    ]
    assert len({row.key for row in found}) == 3


def test_cuts_are_read_as_they_are_compressed(tmp_path):
    found = read(tmp_path, write(tmp_path / "mini_cuts_dev.jsonl.gz", CUTS))
    assert essence(found) == [("a.wav", 2.0, "German", "sa", "text 1")]


def test_what_cannot_be_read_is_rejected_alone(tmp_path):
    write(tmp_path / "recordings.jsonl", [*RECORDINGS, {"sources": []}])
    bad = [SUPERVISIONS[0] | {"recording_id": "z"}, [7], SUPERVISIONS[2]]
    found = read(tmp_path, write(tmp_path / "supervisions.jsonl", bad))
    assert [item.detail for item in found if isinstance(item, Rejection)] == [
        "no 'id'",
        "'recording_id' is 'z', which is not among the recordings",
        "expected an object with 'path', found [7]",
    ]
    assert essence(item for item in found if not isinstance(item, Rejection)) == [
        ("b.wav", 1.0, "German", "sb", "text 0")
    ]


@pytest.mark.parametrize("name", ["a" * 5000 + ".wav", "\0.wav", "\ud800.wav"])
def test_a_name_that_no_file_can_have_is_rejected_alone(tmp_path, name):
    recordings = [RECORDINGS[0] | {"sources": [{"type": "file", "source": name}]}, RECORDINGS[1]]
    write(tmp_path / "recordings.jsonl", recordings)
    found = read(tmp_path, write(tmp_path / "supervisions.jsonl", SUPERVISIONS[1:]))
    assert isinstance(found[0], Rejection) and found[1].text == "text 0"


def test_a_damaged_list_is_told(tmp_path):
    path = write(tmp_path / "cuts.jsonl.gz", CUTS * 100)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"cuts\.jsonl\.gz is damaged"):
        read(tmp_path, path)


def cut(name, *, language="German", start=0, seconds=4.0, **others):
    """As lhotse's SharWriter writes one: the recording is what the cut was, and is not said to be anywhere."""
    source = {"type": "shar", "channels": [1], "source": ""}
    placeholder = {"id": "whole", "sources": [source], "sampling_rate": 16000, "num_samples": 64000, "duration": 4.0}
    words = {"id": name, "recording_id": "whole", "start": 0.0, "duration": 4.0, "channel": 1, "text": f"text {name}"}
    spoken = words | {"language": language, "speaker": "s1"}
    return {"id": name, "start": start, "duration": seconds, "channel": 1, "supervisions": [spoken],
            "recording": placeholder, "type": "MonoCut"} | others  # fmt: skip


def write_shard(folder, number, cuts, *, suffix=".flac", missing=()):
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / f"cuts{number}.jsonl.gz", cuts)
    with tarfile.open(folder / f"recording{number}.tar", "w") as tar:
        for name in [cut["id"] for cut in cuts]:
            endings = (".nodata", ".nometa") if name in missing else (suffix, ".json")
            for ending in endings:
                add(tar, f"{name}{ending}", name.encode() if ending == suffix else b"")


def add(tar, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def test_shar_is_read_with_the_texts_of_its_cuts(tmp_path):
    write_shard(tmp_path, ".000000", [cut("a.1"), cut("a.2", seconds=2.0)])
    write_shard(tmp_path, ".000001", [cut("x/b", language="French", channel=[0, 1])], suffix=".original")
    found = read(tmp_path, None)
    assert [row.source.open() for row in found] == [b"a.1", b"a.2", b"x/b"]
    assert [(row.language, row.speaker, row.text) for row in found] == [
        ("German", "s1", "text a.1"),
        ("German", "s1", "text a.2"),
        ("French", "s1", "text x/b"),
    ]
    # The recording is the cut, with only its channels.
    assert [row.part for row in found] == [WHOLE, Part(0.0, 2.0), WHOLE]
    assert len({row.key for row in found}) == 3


def test_the_folders_of_shar_say_what_cuts_leave_open(tmp_path):
    for name in ("de", "fr"):
        write_shard(tmp_path / name, "", [cut(f"{name}-1", language=None)])
    found = read(tmp_path, None)
    assert [(row.source.open(), row.language) for row in found] == [(b"de-1", "de"), (b"fr-1", "fr")]


def test_what_shar_lacks_is_told_and_the_rest_is_read(tmp_path):
    write_shard(tmp_path, ".000000", [cut("a"), cut("b"), cut("c", supervisions=[{}, {}]), {"id": "d"}], missing=["b"])
    for number in (1, 2, 3, 4):
        write_shard(tmp_path, f".00000{number}", [cut(f"e{number}")] * 50)
    (tmp_path / "recording.000001.tar").unlink()
    (tmp_path / "cuts.000002.jsonl.gz").unlink()
    (tmp_path / "recording.000003.tar").write_bytes(b"junk" * 1000)
    damaged = tmp_path / "cuts.000004.jsonl.gz"
    damaged.write_bytes(damaged.read_bytes()[:-12])
    found = read(tmp_path, None)
    assert found[0].source.open() == b"a"
    rejected = [f"{item.key}: {item.detail}" for item in found if isinstance(item, Rejection)]
    for line, expected in zip(rejected, [
        "cuts.000000.jsonl.gz, line 2: no recording in the tar for its 'id' 'b'",
        "cuts.000000.jsonl.gz, line 3: 'supervisions' does not have exactly one entry: trim the cuts to supervisions",
        "cuts.000000.jsonl.gz, line 4: no 'path' or 'audio_filepath', only id",
        f"cuts.000001.jsonl.gz: {tmp_path}/recording.000001.tar is not there",
        f"cuts.000003.jsonl.gz: {tmp_path}/recording.000003.tar is no complete tar",
        f"cuts.000004.jsonl.gz: {damaged} is damaged",
        "recording.000002.tar: no list of cuts beside it",
    ], strict=True):  # fmt: skip
        assert expected in line


def test_shar_inside_of_an_archive_is_refused(tmp_path):
    write_shard(tmp_path / "shar", ".000000", [cut("a")])
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        tar.add(tmp_path / "shar", arcname="shar")
    with pytest.raises(ValueError, match="unpack it"):
        list(utterances(tmp_path / "scratch", sources=[tmp_path / "all.tar"], language=None))


def test_a_list_of_cuts_without_its_tars_is_refused(tmp_path):
    (rejected,) = read(tmp_path, write(tmp_path / "some.jsonl", [cut("a")]))
    assert "reads the whole folder" in rejected.detail
