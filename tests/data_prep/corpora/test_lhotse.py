"""Miniatures of what lhotse writes: cuts, or recordings and supervisions, as .jsonl, .jsonl.gz or .json."""

import gzip
import json

import pytest

from data_prep.corpora.folder import utterances
from data_prep.corpora.utterance import Rejection


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
    items = utterances(folder / "scratch", sources=[folder], manifest=manifest, language=None)
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


def test_a_damaged_list_is_told(tmp_path):
    path = write(tmp_path / "cuts.jsonl.gz", CUTS * 100)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"cuts\.jsonl\.gz is damaged"):
        read(tmp_path, path)


def test_tars_of_shar_are_refused_by_name(tmp_path, put):
    put("cuts.000000.jsonl.gz", b"")
    put("recording.000000.tar", b"")
    with pytest.raises(ValueError, match=r"cuts\.000000\.jsonl\.gz is of lhotse's Shar"):
        read(tmp_path, None)
