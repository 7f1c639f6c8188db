import json
import os
import signal
import subprocess
import sys

import pytest
import torch
from processes import children, wait_for

import lfsc
from lfsc.audio import files
from lfsc.cli import main
from lfsc.commands.codec_options import load_codec
from lfsc.commands.shard_workers import default_decoders
from lfsc.shards.tar import Sample, read, write
from lfsc.tokens.fingerprint import fingerprint
from lfsc.tokens.tokenize import read_token_clip


@pytest.fixture
def corpus(tmp_path, write_index):
    """Four shards of six clips each, with an index."""
    for shard in range(4):
        write(tmp_path / "corpus/one/en" / f"train-{shard:05d}.tar", [clip_of(shard, number) for number in range(6)])
    shards = {f"train-{shard:05d}.tar": (6, 1.0) for shard in range(4)}
    write_index(tmp_path / "corpus", {("one/en", "train"): shards})
    return tmp_path / "corpus"


def clip_of(shard, number) -> Sample:
    audio = torch.randn(400 + 211 * number, generator=torch.Generator().manual_seed(100 * shard + number)) * 0.1
    note = {"key": f"{shard}-{number}", "language": "en", "speaker": f"s{shard}", "text": "hello"}
    flac = files.encode(audio, sample_rate=22050, format="flac")
    return Sample(f"{shard}-{number}", {"flac": flac, "json": json.dumps(note).encode()})


def test_the_codec_is_told_once(corpus, tmp_path, capsys):
    load_codec.cache_clear()
    assert main(["tokenize", str(corpus), str(tmp_path / "out"), "--workers", "1", "--device", "cpu"]) == 0
    assert capsys.readouterr().err.count("the small sample that comes with lfsc") == 1


def shards_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.tar"))}


def test_shards_of_speech_become_shards_of_tokens(corpus, codec_path, tmp_path, capsys):
    assert main(["tokenize", str(corpus), str(tmp_path / "out"), "--codec", codec_path, "--workers", "1"]) == 0
    assert "is complete: 4 shards, " in capsys.readouterr().err
    codec = lfsc.load(codec_path)
    for name in shards_in(corpus):
        for source, made in zip(read(corpus / name), read(tmp_path / "out" / name), strict=True):
            audio = files.load(source.parts["flac"], sample_rate=22050)
            assert torch.equal(read_token_clip(made).content, codec.encode(audio[None]).tokens[0])
            added = {"num_samples": len(audio), "codec": fingerprint(codec)}
            assert made.note() == source.note() | added
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert (index["samples"], index["failed"], index["codec"]) == (24, 0, fingerprint(codec))
    assert [shard["samples"] for shard in index["shards"]] == [6] * 4


def test_a_source_is_never_overwritten(corpus, codec_path, tmp_path, capsys):
    before = {path: path.read_bytes() for path in corpus.rglob("*") if path.is_file()}
    (tmp_path / "link").symlink_to(corpus / "one/en")
    shard, options = str(corpus / "one/en/train-00000.tar"), ["--codec", codec_path, "--workers", "1", "--overwrite"]
    for source, out, message in (
        (corpus, corpus, "would be overwritten by its own result"),
        (shard, corpus / "one/en", "would be overwritten by its own result"),
        (shard, tmp_path / "link", "would be overwritten by its own result"),
        (shard, corpus, "has the index of other shards, which would be lost"),
    ):
        assert main(["tokenize", str(source), str(out), *options]) == 2
        assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in corpus.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1"])
def test_seconds_of_a_batch_that_are_none_are_told(corpus, codec_path, tmp_path, capsys, seconds):
    assert main(["tokenize", str(corpus), str(tmp_path / "o"), "--codec", codec_path, "--batch-seconds", seconds]) == 2
    assert f"--batch-seconds {float(seconds)}: expected 0 or more seconds" in capsys.readouterr().err


def test_results_inside_the_source_are_no_sources(corpus, codec_path, capsys):
    arguments = ["tokenize", str(corpus), str(corpus / "tokens"), "--codec", codec_path, "--workers", "1"]
    assert main(arguments) == main(arguments) == 0
    assert "0 shards, 4 there already" in capsys.readouterr().err


def test_processes_parts_and_ray_make_the_same_bytes(corpus, codec_path, tmp_path):
    arguments = ["tokenize", str(corpus)]
    options = ["--codec", codec_path]
    assert main([*arguments, str(tmp_path / "one"), *options, "--workers", "1"]) == 0
    assert main([*arguments, str(tmp_path / "parts"), *options, "--part", "1/2", "--workers", "1"]) == 0
    assert not (tmp_path / "parts" / "index.json").exists()
    assert len(shards_in(tmp_path / "parts")) == 2
    # As a process that was killed leaves it.
    (tmp_path / "parts/one/en/.train-00001.999.part.json").touch()
    assert main([*arguments, str(tmp_path / "parts"), *options, "--part", "2/2", "--workers", "1"]) == 0
    assert not list((tmp_path / "parts").rglob(".*.part.*"))
    assert (tmp_path / "parts" / "index.json").exists()
    assert shards_in(tmp_path / "parts") == shards_in(tmp_path / "one")


@pytest.mark.slow
def test_processes_that_decode_make_the_same_bytes(corpus, codec_path, tmp_path):
    arguments, options = ["tokenize", str(corpus)], ["--codec", codec_path, "--workers", "1"]
    assert main([*arguments, str(tmp_path / "one"), *options]) == 0
    assert main([*arguments, str(tmp_path / "fed"), *options, "--decoders", "2"]) == 0
    assert shards_in(tmp_path / "fed") == shards_in(tmp_path / "one")


@pytest.mark.parametrize(
    ("device", "cores", "count"), [("cpu", 64, 0), ("cuda", 64, 8), ("cuda", 12, 3), ("cuda", 2, 1)]
)
def test_a_gpu_is_fed_by_its_share_of_the_cores(monkeypatch, device, cores, count):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(cores))
    assert default_decoders(torch.device(device)) == count


def test_a_number_of_decoders_that_is_none_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["tokenize", "a", "b", "--codec", "c", "--decoders", "-1"])
    assert "--decoders: '-1': expected a number of processes" in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_command_goes_on_and_leaves_no_process(corpus, codec_path, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "lfsc", "tokenize", str(corpus), str(out), "--codec", codec_path, "--workers", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    workers = wait_for(lambda: len(shards_in(out)) >= 1 and children(process.pid))
    finished = {path: path.stat().st_mtime_ns for path in out.rglob("*.tar") if path.with_suffix(".json").exists()}
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: not any(os.path.exists(f"/proc/{child}") for child in workers))
    assert not (out / "index.json").exists() or len(shards_in(out)) == 4
    again = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert all(path.stat().st_mtime_ns == time for path, time in finished.items())
    assert len(shards_in(out)) == 4 and not list(out.rglob(".*"))
    main(["tokenize", str(corpus), str(tmp_path / "calm"), "--codec", codec_path, "--workers", "1"])
    assert shards_in(tmp_path / "calm") == shards_in(out)


@pytest.mark.slow
def test_ray_makes_the_same_bytes(corpus, codec_path, tmp_path):
    pytest.importorskip("ray")
    main(["tokenize", str(corpus), str(tmp_path / "one"), "--codec", codec_path, "--workers", "1"])
    assert main(["tokenize", str(corpus), str(tmp_path / "ray"), "--codec", codec_path, "--ray", "local"]) == 0
    assert shards_in(tmp_path / "ray") == shards_in(tmp_path / "one")


def test_a_clip_that_fails_is_counted_and_told(corpus, codec_path, tmp_path, capsys):
    shard = corpus / "one/en/train-00001.tar"
    samples = list(read(shard))
    samples[2].parts["flac"] = b"fLaC" + bytes(40)
    write(shard, samples)
    assert main(["tokenize", str(corpus), str(tmp_path / "out"), "--codec", codec_path, "--workers", "1"]) == 1
    assert "one/en/train-00001.tar: 1-2: " in capsys.readouterr().err
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert (index["samples"], index["failed"]) == (23, 1)
    record = json.loads((tmp_path / "out/one/en/train-00001.json").read_text())
    assert [failure["key"] for failure in record["failed"]] == ["1-2"]


def test_a_shard_with_fewer_samples_than_promised_is_not_made(corpus, codec_path, tmp_path, capsys):
    shard = corpus / "one/en/train-00001.tar"
    write(shard, list(read(shard))[:4])
    assert main(["tokenize", str(corpus), str(tmp_path / "out"), "--codec", codec_path, "--workers", "1"]) == 1
    assert "promises 6, 4 samples were read" in capsys.readouterr().err
    assert sorted(shards_in(tmp_path / "out")) == [f"one/en/train-{number:05d}.tar" for number in (0, 2, 3)]
    assert not (tmp_path / "out" / "index.json").exists()


def test_a_shard_that_was_cut_off_fails_alone(corpus, codec_path, tmp_path, capsys):
    shard = corpus / "one/en/train-00003.tar"
    shard.write_bytes(shard.read_bytes()[:3000])
    assert main(["tokenize", str(corpus), str(tmp_path / "out"), "--codec", codec_path, "--workers", "1"]) == 1
    assert "train-00003.tar is no whole tar" in capsys.readouterr().err
    assert len(shards_in(tmp_path / "out")) == 3


def test_another_codecs_tokens_are_not_mixed_in(corpus, codec_path, write_checkpoint, tmp_path, capsys):
    arguments = ["tokenize", str(corpus), str(tmp_path / "out"), "--workers", "1", "--codec"]
    main([*arguments, codec_path])
    other = str(write_checkpoint(tmp_path / "other.ckpt", seed=1))
    capsys.readouterr()
    assert main([*arguments, other]) == 2
    assert "was made with codec" in capsys.readouterr().err
    before = shards_in(tmp_path / "out")
    assert main([*arguments, other, "--overwrite"]) == 0
    assert before != shards_in(tmp_path / "out")


@pytest.mark.parametrize("part", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_a_part_that_is_none_is_told(corpus, part, capsys):
    with pytest.raises(SystemExit):
        main(["tokenize", str(corpus), "out", "--codec", "x", "--part", part])
    assert "expected I/N" in capsys.readouterr().err


def test_a_shard_that_another_process_makes_is_left_to_it(corpus, codec_path, tmp_path, hold_lock, capsys):
    out = tmp_path / "out/one/en"
    out.mkdir(parents=True)
    arguments = ["tokenize", str(corpus), str(tmp_path / "out"), "--codec", codec_path, "--workers", "1"]
    with hold_lock(out / ".train-00001.lock"):
        assert main(arguments) == 1
    assert "train-00001.tar: another process is making it just now" in capsys.readouterr().err
    assert len(shards_in(tmp_path / "out")) == 3 and not (tmp_path / "out/index.json").exists()
    assert main(arguments) == 0
    assert (tmp_path / "out/index.json").exists() and not list((tmp_path / "out").rglob(".*"))


def test_a_full_disk_is_told_for_each_shard_and_leaves_none(corpus, codec_path, tmp_path, small_disk, capsys):
    arguments = ["tokenize", str(corpus), str(tmp_path / "out"), "--codec", codec_path, "--workers", "1"]
    with small_disk():
        assert main(arguments) == 1
    reported = capsys.readouterr().err
    assert all(f"train-{shard:05d}.tar" in reported for shard in range(4)) and "File too large" in reported
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["codec.json"]
