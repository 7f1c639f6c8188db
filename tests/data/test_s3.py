"""A corpus in S3, read by the client that people use, from a small server of its own."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from lfsc.data.batch import UnusableData
from lfsc.data.corpus import read_corpus

pytest.importorskip("boto3", reason="reading S3 needs lfsc[s3]")

PROFILE = """
profiles:
  store:
    storage_provider:
      type: s3
      options: {{base_path: bucket, endpoint_url: "http://127.0.0.1:{port}", region_name: us-east-1}}
    credentials_provider:
      type: S3Credentials
      options: {{access_key: a, secret_key: b}}
"""


@pytest.fixture
def bucket(corpus, tmp_path, monkeypatch):
    """The folder that msc://store/speech shows, and the file that says what was asked for."""
    folder = shutil.copytree(corpus, tmp_path / "objects/bucket/speech")
    log = tmp_path / "log"
    with log.open("w") as told:
        script = [sys.executable, str(Path(__file__).with_name("s3.py")), str(tmp_path / "objects")]
        server = subprocess.Popen(script, stdout=told)
    while not log.read_text().endswith("\n"):
        time.sleep(0.05)
        assert server.poll() is None
    (tmp_path / "msc.yaml").write_text(PROFILE.format(port=log.read_text().strip()))
    monkeypatch.setenv("MSC_CONFIG", str(tmp_path / "msc.yaml"))
    monkeypatch.setattr("multistorageclient.shortcuts._STORAGE_CLIENT_CACHE", {})
    yield folder, log
    server.kill()
    server.wait()


def taken(batches, count):
    stream = iter(batches)
    return [(batch.keys, batch.audio) for batch in (next(stream) for _ in range(count))]


def same(found, expected):
    return all(a[0] == b[0] and torch.equal(a[1], b[1]) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("num_workers", [0, 2])
def test_batches_and_resuming_are_those_of_a_folder(open_stream, corpus, bucket, num_workers):
    expected = taken(open_stream(corpus, num_workers=num_workers), 12)
    stream = open_stream("msc://store/speech", num_workers=num_workers)
    batches = iter(stream)
    assert same(taken(batches, 5), expected[:5])
    state = stream.gather_state()
    resumed = open_stream("msc://store/speech", num_workers=num_workers)
    resumed.restore(state)
    assert same(taken(resumed, 7), expected[5:])


def test_a_clip_is_one_request_of_its_own_bytes(open_stream, corpus, bucket):
    _, log = bucket
    taken(open_stream("msc://store/speech"), 3)
    asked = [line.split()[2] for line in log.read_text().splitlines() if re.match(r"GET \S+\.tar ", line)]
    assert 12 <= len(asked) <= 16
    assert all(span.startswith("bytes=") for span in asked)


ASKED = re.compile(r"/bucket/speech/(index\.json|[a-z]+/[a-z]+/([a-z0-9-]+\.tar(\.idx)?|\.nv-meta/dataset\.yaml))")


def test_nothing_is_asked_for_but_the_index_the_shards_and_what_kind_they_are(open_stream, bucket):
    _, log = bucket
    taken(open_stream("msc://store/speech"), 20)
    asked = {line.split()[1] for line in log.read_text().splitlines()[1:]}
    assert {"/bucket/speech/index.json", "/bucket/speech/one/en/.nv-meta/dataset.yaml"} <= asked
    assert [path for path in asked if not ASKED.fullmatch(path)] == []


def test_a_dataset_that_is_more_than_its_clips_is_refused(bucket):
    folder, _ = bucket
    kind = folder / "two/de/.nv-meta/dataset.yaml"
    for content in (b"__module__: evil\n__class__: X\n", b"", b"#" * (1 << 20)):
        kind.write_bytes(content)
        with pytest.raises((ValueError, OSError), match=r"two/de/\.nv-meta/dataset\.yaml") as raised:
            read_corpus("msc://store/speech", sample_rate=22050)
        assert "\n" not in str(raised.value)
    kind.unlink()
    assert len(read_corpus("msc://store/speech", sample_rate=22050).datasets) == 4


def test_missing_and_truncated_shards_are_found_at_start(open_stream, bucket, caplog):
    folder, _ = bucket
    shard = folder / "one/en/train-00001.tar"
    shard.write_bytes(shard.read_bytes()[:5000])
    (folder / "two/de/train-00002.tar").unlink()
    with pytest.raises(ValueError, match=r"train-00001.tar has 5000 bytes, the index says \d+ \(1 more like it\)"):
        open_stream("msc://store/speech")
    open_stream("msc://store/speech", max_skipped_fraction=0.5)
    assert "msc://store/speech/two/de/train-00002.tar is missing" in caplog.text


@pytest.mark.parametrize("content", [None, 5000])
def test_a_shard_that_breaks_during_the_run_ends_it_with_its_name(open_stream, bucket, content):
    folder, _ = bucket
    batches = iter(open_stream("msc://store/speech"))
    next(batches)
    shard = folder / "one/en/train-00001.tar"
    shard.unlink() if content is None else shard.write_bytes(shard.read_bytes()[:content])
    with pytest.raises(UnusableData, match=r"shard msc://store/speech/one/en/train-00001.tar cannot be read") as raised:
        taken(batches, 100)
    assert "\n" not in str(raised.value)


def test_an_unfinished_corpus_is_told_from_none(bucket):
    folder, _ = bucket
    (folder / "index.json").unlink()
    with pytest.raises(ValueError, match="its preparation was not finished"):
        read_corpus("msc://store/speech", sample_rate=22050)
    with pytest.raises(ValueError, match=r"msc://store/elsewhere has no index.json; make it with"):
        read_corpus("msc://store/elsewhere", sample_rate=22050)
