"""`lfsc info`, for every kind of thing."""

import io
import json
import os
import shutil
import socket
import tarfile

import numpy
import pytest
import torch

from lfsc.audio import files
from lfsc.cli import main
from lfsc.shards import tar
from lfsc.shards.tar import Sample
from lfsc.tokens import file as token_file


@pytest.fixture
def checkpoint(tmp_path, write_checkpoint):
    return write_checkpoint(tmp_path / "trained.ckpt")


def told(source, capsys) -> dict:
    assert main(["info", str(source), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_codec_is_told_alike_in_every_form(checkpoint, tmp_path, capsys):
    for out, more in (("bundle", []), ("plain", ["--remove-weight-norm"]), ("codec.nemo", ["--format", "nemo"])):
        assert main(["export", str(checkpoint), str(tmp_path / out), *more]) == 0
    capsys.readouterr()
    found = {name: told(tmp_path / name, capsys) for name in ("trained.ckpt", "bundle", "plain", "codec.nemo")}
    kinds = [facts.pop("kind") for facts in found.values()]
    assert kinds == ["checkpoint", "bundle", "bundle, weight norm removed", "NeMo archive"]
    for key in ("sample rate", "frames", "tokens", "bitrate", "encoder", "decoder", "fingerprint"):
        assert (
            len(
                {
                    facts[key]
                    for facts in found.values()
                    if key not in ("encoder", "decoder") or "removed" not in facts["for"]
                }
            )
            == 1
        )
    assert "not for training," in found["plain"]["for"] and "init_from" in found["bundle"]["for"]
    assert all(f"licence of {subject}" in facts for facts in found.values() for subject in ("code", "weights", "data"))


def test_causality_and_lookahead_are_told(tmp_path, write_checkpoint, capsys):
    causal = told(write_checkpoint(tmp_path / "causal.ckpt", causal=True, rates=(3, 5)), capsys)
    assert causal["lookahead"].endswith("decoding 0 ms, as the decoder is causal") and ", causal" in causal["decoder"]
    both = told(write_checkpoint(tmp_path / "both.ckpt", causal=True, causal_encoder=True), capsys)
    assert both["lookahead"] == "encoding and decoding 0 ms, as the codec is causal" and ", causal" in both["encoder"]
    other = told(write_checkpoint(tmp_path / "other.ckpt"), capsys)
    assert "causal" not in other["lookahead"] + other["encoder"] + other["decoder"]


def test_what_of_nemos_training_is_not_read_is_told(checkpoint, tmp_path, capsys):
    assert main(["export", str(checkpoint), str(tmp_path / "codec.nemo"), "--format", "nemo"]) == 0
    capsys.readouterr()
    assert "not read" not in told(tmp_path / "codec.nemo", capsys)
    with tarfile.open(tmp_path / "codec.nemo") as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
    members["./model_config.yaml"] += b"use_scl_loss: true\nscl_loss_scale: 0.1\n"
    with tarfile.open(tmp_path / "other.nemo", "w:") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert told(tmp_path / "other.nemo", capsys)["not read"] == "use_scl_loss, of NeMo's training only"


def test_a_run_tells_where_it_stands(checkpoint, tmp_path, capsys):
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    status = {
        "state": "finished",
        "update": 60,
        "max_updates": 60,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "last_heartbeat": 0.0,
    }
    (run / "status.json").write_text(json.dumps(status))
    assert told(run, capsys)["kind"] == "run directory without a checkpoint"
    shutil.copy(checkpoint, run / "checkpoints" / "last.ckpt")
    facts = told(run, capsys)
    assert facts["kind"] == "run directory" and facts["state"].startswith("finished at update 60 of 60")
    assert facts["for"].startswith("resume")


def test_a_token_file_tells_its_length_and_rate(tmp_path, capsys):
    stored = token_file.Tokens(torch.zeros(8, 43, dtype=torch.int64), 44_000, 22050, 1024, 2016, "ab" * 8, 4.5)
    token_file.write(tmp_path / "clip.lfsc", stored)
    facts = told(tmp_path / "clip.lfsc", capsys)
    assert facts["kind"] == "token file" and facts["fingerprint"] == "ab" * 8
    assert "1.995 s" in facts["audio"] and "43 frames of 8 tokens" in facts["tokens"]
    assert facts["level"] == "+4.5 dB to the original's"


def test_a_recording_tells_its_length_and_rate(tmp_path, capsys):
    files.write(tmp_path / "my.wav", torch.zeros(44_000), sample_rate=22050)
    facts = told(tmp_path / "my.wav", capsys)
    assert facts["kind"] == "recording" and facts["audio"] == "1.995 s, 44000 samples at 22050 Hz"
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    assert main(["info", str(tmp_path / "bad.wav")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_shards_tell_their_hours_and_languages(tmp_path, write_index, capsys):
    shards = {"train-00000.tar": (4, 2000.0), "train-00001.tar": (6, 3400.0)}
    write_index(tmp_path, {(f"mls/{language}", "train"): shards for language in ("en", "de")})
    facts = told(tmp_path, capsys)
    assert facts["kind"] == "shards of speech" and facts["hours"] == "train 3.00"
    assert (facts["clips"], facts["languages"], facts["shards"]) == ("20", "2", "4")


def test_text_has_one_fact_a_line(checkpoint, capsys):
    assert main(["info", str(checkpoint)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["kind", "checkpoint"] and len(lines) == 15


@pytest.mark.parametrize("content", ["{", "[]", '{"datasets": 3}'])
def test_a_damaged_index_is_one_line(content, tmp_path, capsys):
    (tmp_path / "index.json").write_text(content)
    assert main(["info", str(tmp_path)]) == 2
    assert "index.json is damaged" in capsys.readouterr().err


def test_a_tar_of_other_things_is_no_shard(tmp_path, capsys):
    tar.write(tmp_path / "x.tar", [Sample("a", {"jpg": b"0", "json": b"{}"})])
    assert main(["info", str(tmp_path / "x.tar")]) == 2
    assert "x.tar is no shard: its first sample, a, has jpg, json, and neither a recording" in capsys.readouterr().err


def test_token_shards_tell_their_codec(checkpoint, tmp_path, capsys):
    note = {"key": "a", "num_samples": 70, "codec": "ab" * 8}
    content = io.BytesIO()
    numpy.save(content, numpy.zeros((2, 9), dtype=numpy.uint16))
    tar.write(
        tmp_path / "t" / "train-00000.tar",
        [Sample("a", {"npy": content.getvalue(), "json": json.dumps(note).encode()})],
    )
    facts = told(tmp_path / "t" / "train-00000.tar", capsys)
    assert facts["kind"] == "shard of tokens" and facts["fingerprint"] == "ab" * 8
    codec = {"codec": "ab" * 8, "sample_rate": 22050, "hop_length": 8, "num_codebooks": 2, "codebook_size": 2016}
    (tmp_path / "t" / "codec.json").write_text(json.dumps(codec))
    assert told(tmp_path / "t", capsys)["kind"] == "shards of tokens, unfinished"
    totals = {
        "samples": 1,
        "frames": 9,
        "failed": 0,
        "audio_seconds": 1800.0,
        "shards": [{"name": "train-00000.tar", "bytes": 2048, "samples": 1, "audio_seconds": 1800.0}],
    }
    (tmp_path / "t" / "index.json").write_text(json.dumps({"version": 1, **codec, **totals}))
    facts = told(tmp_path / "t", capsys)
    assert facts["kind"] == "shards of tokens" and facts["hours"] == "0.500" and "9 of 2 tokens" in facts["frames"]


def test_exported_graphs_tell_what_runs_them(tmp_path, capsys):
    (tmp_path / "codec.json").write_text(json.dumps({"sample_rate": 22050, "fingerprint": "ab" * 8}))
    (tmp_path / "encoder.onnx").write_bytes(b"")
    facts = told(tmp_path, capsys)
    assert facts["kind"] == "ONNX graphs" and facts["sample rate"] == "22050"
    assert told(tmp_path / "encoder.onnx", capsys) == facts


@pytest.mark.parametrize("garbage", ["", "[1]", "{", "null"])
@pytest.mark.parametrize("name", ["codec.json", "status.json", "index.json"])
def test_a_damaged_file_of_facts_is_named_in_one_line(name, garbage, tmp_path, capsys):
    (tmp_path / name).write_text(garbage)
    assert main(["info", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert f"{tmp_path}/{name} " in said and said.count("\n") == 1 and said.count(name) == 1


def test_a_tar_of_nothing_is_one_line(tmp_path, capsys):
    tar.write(tmp_path / "empty.tar", [])
    assert main(["info", str(tmp_path / "empty.tar")]) == 2
    assert "holds no samples" in capsys.readouterr().err
