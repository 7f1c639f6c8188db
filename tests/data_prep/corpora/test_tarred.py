"""A miniature of what NeMo's convert_to_tarred_audio_dataset.py writes."""

import json
import tarfile

import pytest

from data_prep.corpora.folder import utterances
from data_prep.corpora.tarred import TarredDataset
from data_prep.corpora.utterance import Rejection


@pytest.fixture
def tarred(tmp_path, put):
    for shard, names in enumerate((["_data_a.wav", "_data_b.wav"], ["_data_c.wav"])):
        with tarfile.open(tmp_path / f"audio_{shard}.tar", "w") as tar:
            for name in names:
                tar.add(put(f"made/{name}", name.encode()), arcname=name)
    rows = [
        {"audio_filepath": "_data_a.wav", "duration": 1.5, "text": "eins", "lang": "de", "speaker": 3, "shard_id": 0},
        {"audio_filepath": "_data_b.wav", "duration": 1.0, "offset": 0.0, "text": "zwei", "shard_id": 0},
        {"audio_filepath": "_data_b-sub1.wav", "duration": 1.0, "offset": 1.0, "text": "drei", "shard_id": 0},
        {"audio_filepath": "_data_c.wav", "duration": 2.0, "text": "vier", "shard_id": 1},
        {"audio_filepath": "_data_d.wav", "duration": 2.0, "shard_id": 1},
        {"audio_filepath": "_data_e.wav", "duration": 2.0, "shard_id": 7},
        {"audio_filepath": "_data_f.wav", "duration": 2.0, "shard_id": "x"},
    ]
    put("tarred_audio_manifest.json", "".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def read(source):
    items = utterances(source / "scratch", sources=[source], language="en")
    return [item for item in items if not isinstance(item, str)]


def test_a_tarred_data_set_is_read_by_its_manifest(tarred):
    found = [item for item in read(tarred) if not isinstance(item, Rejection)]
    assert [item.source.open() for item in found] == [b"_data_a.wav", b"_data_b.wav", b"_data_b.wav", b"_data_c.wav"]
    assert [(item.language, item.speaker, item.text) for item in found[:2]] == [
        ("de", "3", "eins"),
        ("en", "unknown", "zwei"),
    ]
    assert (found[2].part.start, found[2].part.seconds) == (1.0, 1.0)


@pytest.mark.parametrize("written", ["whole", "sharded"])
@pytest.mark.parametrize("named", [False, True])
def test_several_tarred_data_sets_are_read_by_their_manifests(tmp_path, put, written, named):
    manifest = {"whole": "tarred_audio_manifest.json", "sharded": "sharded_manifests/manifest_0.json"}[written]
    for bucket in (1, 2):
        with tarfile.open(put(f"in/bucket{bucket}/audio_0.tar", ""), "w") as tar:
            tar.add(put(f"made/{bucket}", f"{bucket}"), arcname="a.wav")
        put(f"in/bucket{bucket}/{manifest}", '{"audio_filepath": "a.wav", "text": "ja", "shard_id": 0}\n')
    source = tmp_path / "in"
    manifests = [source / f"bucket_OP_1..2_CL_/{manifest}"] if named else None
    items = utterances(tmp_path / "scratch", sources=[source], manifests=manifests, language="en")
    found = [item for item in items if not isinstance(item, str)]
    assert [(item.source.open(), item.text, item.speaker) for item in found] == [
        (b"1", "ja", "unknown"),
        (b"2", "ja", "unknown"),
    ]
    assert len({item.key for item in found}) == 2


def test_what_is_missing_costs_its_rows_alone(tarred):
    details = [item.detail for item in read(tarred) if isinstance(item, Rejection)]
    assert details == [
        f"_data_d.wav is not in {tarred}/audio_1.tar",
        f"{tarred}/audio_7.tar is not there",
        "'shard_id' is \"x\", expected a number, as in audio_0.tar",
    ]


def test_a_damaged_tar_costs_its_rows_alone(tarred):
    (tarred / "audio_0.tar").write_bytes(b"junk" * 1000)
    rejected = [item.detail for item in read(tarred) if isinstance(item, Rejection)]
    assert sum("audio_0.tar is no complete tar" in detail for detail in rejected) == 3
    assert TarredDataset(tarred, tarred).file("audio_1.tar", "_data_c.wav").open() == b"_data_c.wav"
