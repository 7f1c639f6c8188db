import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import torch

from data_prep.__main__ import main, make_parser
from data_prep.commands import run
from data_prep.pipeline import as_option
from lfsc.audio import files
from lfsc.parallel import cluster, map_tasks

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    "RAY_USAGE_STATS_ENABLED": "0",
}

SILENCE = files.encode(torch.zeros(40_000), sample_rate=22050, format="flac")


def written_index(out: Path) -> dict:
    return json.loads((out / "index.json").read_text())


def samples(out: Path) -> dict[str, dict]:
    """The json of every sample in every shard of the index."""
    found = {}
    for dataset in written_index(out)["datasets"]:
        for shard in dataset["shards"]:
            with tarfile.open(out / dataset["path"] / shard["name"]) as tar:
                for member in tar:
                    if member.name.endswith(".json"):
                        sample = json.loads(tar.extractfile(member).read())
                        assert sample["key"] not in found
                        found[sample["key"]] = sample
    return found


def crossing(out: Path) -> set[str]:
    speakers = {
        split: {row["speaker"] for row in samples(out).values() if row["split"] == split} for split in ("train", "val")
    }
    assert speakers["train"] and speakers["val"]
    return speakers["train"] & speakers["val"]


@pytest.fixture
def tree(tmp_path, put, say) -> Path:
    """Two languages of three speakers each, in every format and at odd rates."""
    kinds = [("wav", 44100), ("FLAC", 16000), ("ogg", 22050), ("opus", 48000), ("mp3", 32000), ("Wav", 48000)]
    for language, voice in (("de", "gmw/de"), ("fr", "roa/fr")):
        for number in range(12):
            kind, rate = kinds[number % len(kinds)]
            audio = say(f"{number} 5 6 {ord(language[0])}", f"{voice}+m{number % 3 + 1}", rate, kind.lower())
            put(f"in/{language}/s{number % 3}{language}/{number}.{kind}", audio)
            put(f"in/{language}/s{number % 3}{language}/._{number}.{kind}", b"resource fork")
    return tmp_path / "in"


def test_a_tree_becomes_shards(tree, tmp_path, prepare):
    index = prepare("folder", tree, tmp_path / "out", "--val-share", "0.3")["index"]
    found = samples(tmp_path / "out")
    assert len(found) == 24
    assert {row["source_rate"] for row in found.values()} == {16000, 22050, 32000, 44100, 48000}
    assert all(row["corpus"] == "in" and row["bandwidth"] > 2000 for row in found.values())
    assert not crossing(tmp_path / "out")
    assert index["version"] == 1
    assert index["sample_rate"] == 22050
    for dataset in index["datasets"]:
        members = [
            row for row in found.values() if (row["language"], row["split"]) == (dataset["language"], dataset["split"])
        ]
        assert dataset["samples"] == sum(shard["samples"] for shard in dataset["shards"]) == len(members)
        assert dataset["seconds"] == pytest.approx(sum(row["seconds"] for row in members), abs=0.01)
        assert dataset["speakers"] == len({row["speaker"] for row in members})
    assert index["hours"]["train"] * 3600 == pytest.approx(
        sum(row["seconds"] for row in found.values() if row["split"] == "train"), abs=0.01
    )
    assert not (tmp_path / "out" / "in" / ".unfinished").exists()
    assert main(["verify", str(tmp_path / "out"), "--workers", "0"]) == 0


def test_a_finished_corpus_is_left_alone_and_other_settings_are_refused(tree, tmp_path, prepare, capsys):
    out = tmp_path / "out"
    prepare("folder", tree, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert "nothing to do" in prepare("folder", tree, out)["printed"]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert main(["folder", str(tree), str(out), "--seed", "1", "--workers", "0"]) == 2
    assert "was made with --seed 0" in capsys.readouterr().err
    assert as_option("manifest", ["a", "b"]) == "--manifest a --manifest b"
    assert main(["folder", str(tree), str(out), "--name", "b", "--sample-rate", "16000", "--workers", "0"]) == 2
    assert "holds shards at 22050 Hz, not 16000 Hz" in capsys.readouterr().err


def test_shards_of_tokens_keep_their_index(tree, tmp_path, capsys):
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "codec.json").write_text("{}")
    assert main(["folder", str(tree), str(tmp_path / "tokens"), "--workers", "0"]) == 2
    assert "holds shards of tokens, whose index would be lost" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "tokens").iterdir()] == ["codec.json"]


def test_a_run_that_ended_between_its_last_steps(tree, tmp_path, prepare):
    out = tmp_path / "out"
    index = prepare("folder", tree, out)["index"]
    (out / "index.json").unlink()
    (out / "in" / ".unfinished").mkdir()
    again = prepare("folder", tree, out)
    assert "nothing to do" in again["printed"]
    assert again["index"] == index
    assert not (out / "in" / ".unfinished").exists()


def test_several_corpora_share_a_folder(tree, tmp_path, mls, common_voice, prepare, capsys):
    out = tmp_path / "out"
    prepare("folder", tree, out)
    prepare("mls", mls("german"), out)
    index = prepare("common_voice", common_voice(), out)["index"]
    assert {dataset["path"] for dataset in index["datasets"]} == {
        "in/de",
        "in/fr",
        "mls/de",
        "common_voice/cy",
        "common_voice/zh-TW",
    }
    assert sum(dataset["samples"] for dataset in index["datasets"]) == len(samples(out)) == 24 + 9 + 8
    assert not crossing(out)
    assert main(["verify", str(out), "--workers", "0"]) == 0
    (out / "common_voice" / "rejected.jsonl").write_text("[]\n")
    assert main(["report", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "common_voice: its rejected recordings cannot be read: " in printed and "mls: 0 recordings" in printed


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_archives_give_the_same_shards(tmp_path, mls, packed, prepare, suffix):
    folder = mls("german")
    archive = packed(folder, suffix)
    plain = prepare("mls", folder, tmp_path / "a" / "out")["index"]
    assert prepare("mls", archive, tmp_path / "b" / "out")["index"] == plain
    assert not list((tmp_path / "b" / "out").rglob("unpacked"))


def test_daps_is_cut_to_utterances(tmp_path, put, say, prepare):
    for speaker, voice in (("f1", "f1"), ("m10", "m3")):
        long = "1 2 3 4 5 6 7 8 9. " * 6
        put(f"daps/clean/{speaker}_script1_clean.wav", say(long, f"gmw/en+{voice}", 44100))
        put(f"daps/clean/._{speaker}_script1_clean.wav", b"resource fork")
    prepare("daps", tmp_path / "daps", tmp_path / "out")
    found = samples(tmp_path / "out")
    assert {row["speaker"]: row["split"] for row in found.values()} == {"f1": "train", "m10": "val"}
    assert max(row["seconds"] for row in found.values()) <= 15
    assert len(found) >= 4
    assert sorted(found)[0] == "f1_script1_clean-0000"


def test_a_damaged_common_voice_is_reported(tmp_path, common_voice, say, put, prepare):
    release = common_voice()
    clips = sorted((release / "cy" / "clips").glob("*_[ab]*.mp3"))
    good = files.read(say("1 2 3 4 5")).audio
    header = (release / "cy" / "train.tsv").read_text().splitlines()[0]
    contents = {
        "empty": b"",
        "text": b"<html>403</html>",
        "short": files.encode(good[:4000], sample_rate=22050, format="flac"),
        "silent": files.encode(torch.zeros(40_000), sample_rate=22050, format="flac"),
        "clipped": files.encode((9 * good).clamp(-1, 1), sample_rate=22050, format="flac"),
        "slow": say("1 2 3 4", rate=8000),
        "twin": clips[0].read_bytes(),
    }
    rows = [header]
    for name, content in contents.items():
        put(f"{release.name}/cy/clips/{name}.mp3", content)
        rows.append(f"{'z' * 128}\t{name}.mp3\t{name}\t2\t0\tcy")
    rows.append(f"{'z' * 128}\tgone.mp3\tgone\t2\t0\tcy")
    rows.append(f"{'c' * 128}\t{clips[1].name}\tspeaker of dev\t2\t0\tcy")
    rows.append(f"\t{clips[1].name}\tof nobody\t2\t0\tcy")
    rows.append("z")
    table = release / "cy" / "train.tsv"
    table.write_text(table.read_text() + "\n".join(rows[1:]) + "\n")
    printed = prepare("common_voice", release, tmp_path / "out")["printed"]
    lines = (tmp_path / "out" / "common_voice" / "rejected.jsonl").read_text().splitlines()
    rejected = [json.loads(line) for line in lines]
    assert {row["key"]: row["reason"] for row in rejected if row["key"] in {*contents, "gone"}} == {
        "empty": "undecodable",
        "text": "undecodable",
        "gone": "undecodable",
        "short": "too short",
        "silent": "silent",
        "clipped": "clipped",
        "slow": "wrong rate",
        "twin": "duplicate",
    }
    assert Counter(row["reason"] for row in rejected) == {
        "undecodable": 3,
        "duplicate": 2,
        "too short": 1,
        "silent": 1,
        "clipped": 1,
        "wrong rate": 1,
        "malformed": 2,
    }
    assert all(row["reason"] in printed for row in rejected)
    assert len(samples(tmp_path / "out")) == 8


def test_a_poisoned_item_of_every_kind_costs_itself_alone(tmp_path, put, say, prepare):
    """Beside three good recordings: files that lie, are cut off, hold nothing, and rows that say nothing of use."""
    good = say("1 2 3 4", rate=16000)
    flac = bytearray(say("5 6 7", rate=16000, kind="flac"))
    absurd = flac[:21] + (flac[21] | 15).to_bytes() + b"\x7f" * 4 + flac[26:]
    poison = {
        "absurd.flac": bytes(absurd),
        "cut.wav": good[: len(good) // 2],
        "cut.ogg": say("1 2", kind="ogg")[:-500],
        "cut.mp3": say("1 2", kind="mp3")[:-5],
        "empty.wav": b"",
        "text.flac": b"<html>",
        "two.flac": bytes(flac) + bytes(flac),
        "silent.flac": SILENCE,
    }
    for name, content in poison.items():
        put(f"in/bad/{name}", content)
    rows = [{"path": f"bad/{name}", "language": "en", "speaker": "p"} for name in poison]
    for number in range(3):
        put(f"in/good/{number}.wav", say(f"1 2 3 {number}", rate=16000))
        rows.append({"path": f"good/{number}.wav", "language": "en", "speaker": number, "text": "ja"})
    (tmp_path / "in/bad/folder.wav").mkdir()
    os.mkfifo(tmp_path / "in/bad/pipe.wav")
    rows += [{"path": f"bad/{name}.wav", "language": "en"} for name in ("folder", "pipe", "gone")]
    malformed = [
        {"path": "good/0.wav", "language": 7},
        {"path": "good/0.wav", "text": "\ud83d"},
        {"path": "good/0.wav", "offset": 50},
        {"path": "good/0.wav", "channel": 5},
        {"path": "good/0.wav", "duration": -1},
        {"path": 5},
    ]
    put("in/manifest.jsonl", "".join(json.dumps(row) + "\n" for row in [*rows, *malformed]) + "[" * 10**5 + "\n")
    prepare("folder", tmp_path / "in", tmp_path / "out", "--val-share", "0.3")
    assert {row["speaker"] for row in samples(tmp_path / "out").values()} == {"0", "1", "2"}
    lines = (tmp_path / "out/in/rejected.jsonl").read_text().splitlines()
    assert Counter(json.loads(line)["reason"] for line in lines) == {
        "undecodable": len(poison) - 1 + 3,
        "silent": 1,
        "malformed": len(malformed) + 1,
    }


def test_recordings_alike_where_they_are_sampled_are_all_kept(tmp_path, put, say, prepare):
    """Padded to one length, with the speech where no sample of their bytes is taken."""
    speech = [files.read(say(f"{number} 1 2", rate=16000)).audio[:16000] for number in (1, 2, 1)]
    for number, audio in enumerate(speech):
        padded = torch.cat([torch.zeros(20_000), audio, torch.zeros(60_000)])
        put(f"in/en/s{number}/a.wav", files.encode(padded, sample_rate=16000, format="wav"))
    prepare("folder", tmp_path / "in", tmp_path / "out")
    assert {row["speaker"] for row in samples(tmp_path / "out").values()} == {"s0", "s1"}
    (rejected,) = (tmp_path / "out/in/rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected)["detail"] == "the same recording came before"


def test_parts_of_recordings_become_clips_with_their_texts(tmp_path, put, say, prepare):
    rows = []
    for name in ("x", "y"):
        put(f"in/{name}.wav", say(f"1 2 3 4 5 6 {ord(name)}", rate=16000))
        for start in (0, 0.5, 1.0):
            part = {"offset": start, "duration": 0.5, "text": f"{name} {start}"}
            rows.append({"audio_filepath": f"{name}.wav", "speaker": name, **part})
    put("in/manifest.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    prepare("folder", tmp_path / "in", tmp_path / "out", "--language", "en")
    found = samples(tmp_path / "out").values()
    assert {row["text"] for row in found} == {row["text"] for row in rows}
    assert {row["seconds"] for row in found} == {0.5}


def test_names_that_are_no_utf8_are_used_or_named(tmp_path, put, say, prepare):
    for number, content in enumerate([say("1 2 3"), b"nothing", say("4 5 6")]):
        put(f"in/de/s{number}/a.wav", content)
        (tmp_path / f"in/de/s{number}/a.wav").rename(
            os.fsdecode(os.fsencode(tmp_path) + b"/in/de/s%d/\xfc.wav" % number)
        )
    prepare("folder", tmp_path / "in", tmp_path / "out")
    assert {row["speaker"] for row in samples(tmp_path / "out").values()} == {"s0", "s2"}
    (rejected,) = (tmp_path / "out/in/rejected.jsonl").read_text().splitlines()
    assert r"\xfc.wav" in json.loads(rejected)["detail"]
    assert main(["report", str(tmp_path / "out")]) == 0


def test_nothing_usable_is_an_error(tmp_path, put, capsys):
    put("in/de/anna/1.wav", b"")
    assert main(["folder", str(tmp_path / "in"), str(tmp_path / "out"), "--workers", "0"]) == 2
    assert "no recording can be used" in capsys.readouterr().err
    assert not (tmp_path / "out" / "index.json").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "holds no .wav, "), (b"", "no recording can be used"), (SILENCE, "no recording can be used")],
    ids=["no recording", "undecodable", "silent"],
)
def test_after_a_corpus_without_use_all_is_looked_at_anew(tree, tmp_path, put, prepare, capsys, content, message):
    useless = tmp_path / "useless" / "in"
    useless.mkdir(parents=True)
    if content is not None:
        put("useless/in/de/anna/1.flac", content)
    assert main(["folder", str(useless), str(tmp_path / "out"), "--workers", "0"]) == 2
    assert message in capsys.readouterr().err
    assert prepare("folder", tree, tmp_path / "out", "--seed", "1")["index"]["datasets"]


def test_two_runs_at_once_are_refused(tree, tmp_path, hold_lock, capsys):
    unfinished = tmp_path / "out" / "in" / ".unfinished"
    unfinished.mkdir(parents=True)
    with hold_lock(unfinished / "lock"):
        assert main(["folder", str(tree), str(tmp_path / "out"), "--workers", "0"]) == 2
    assert "another run is at work" in capsys.readouterr().err
    assert main(["folder", str(tree), str(tmp_path / "out"), "--workers", "0"]) == 0


def test_an_interrupted_run_continues_where_it_was(tree, tmp_path, prepare, monkeypatch, capsys):
    """The disk fills up after the second shard; what is finished is not written again."""
    out = tmp_path / "out"
    arguments = ["folder", str(tree), str(out), "--shard-hours", "0.001", "--workers", "0"]
    written = []
    write = files.encode

    def encode(*args, **kwargs):
        if len(list(out.rglob("*.tar.json"))) == 2:
            raise OSError(28, "No space left on device")
        return write(*args, **kwargs)

    monkeypatch.setattr(files, "encode", encode)
    assert main(arguments) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert not (out / "index.json").exists()
    shards = {path: path.stat().st_mtime_ns for path in out.rglob("*.tar")}
    assert len(shards) == 2
    assert not list(out.rglob("*.part*"))
    monkeypatch.setattr(files, "encode", lambda *args, **kwargs: written.append(1) or write(*args, **kwargs))
    assert main(arguments) == 0
    assert {path: path.stat().st_mtime_ns for path in shards} == shards
    assert 0 < len(written) < 24
    assert written_index(out) == prepare("folder", tree, tmp_path / "b" / "out", "--shard-hours", "0.001")["index"]


DEMO = ["--languages", "3", "--minutes", "6", "--shard-hours", "0.002"]


@pytest.mark.slow
def test_a_killed_run_continues_to_the_same_corpus(tmp_path, prepare):
    """The whole process is killed in the middle of the shards, workers and all."""
    command = [sys.executable, "-m", "data_prep", "demo", *DEMO, "--workers", "2"]
    run = subprocess.Popen([*command, tmp_path / "out"], cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    records = tmp_path / "out" / "demo" / ".unfinished" / "records"
    while run.poll() is None and len(list(records.rglob("*.tar.json"))) < 5:
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not (tmp_path / "out" / "index.json").exists()
    time.sleep(1)
    done = {
        path: (tmp_path / "out/demo" / path.parent.name / path.stem).stat().st_mtime_ns
        for path in records.rglob("*.tar.json")
    }
    total = json.loads((records.parent / "plan.json").read_text())["shards"]
    assert 5 <= len(done) < len(total)
    subprocess.run([*command, tmp_path / "out"], cwd=tmp_path, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    assert {path: (tmp_path / "out/demo" / path.parent.name / path.stem).stat().st_mtime_ns for path in done} == done
    assert written_index(tmp_path / "out") == prepare("demo", tmp_path / "whole" / "out", *DEMO)["index"]
    assert not list((tmp_path / "out").rglob("*.part*"))
    assert main(["verify", str(tmp_path / "out"), "--workers", "0"]) == 0


@pytest.mark.slow
def test_ray_makes_the_same_corpus_though_a_worker_is_killed(tmp_path, prepare, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    out = tmp_path / "ray" / "out"
    killed = []

    def kill(pids: list[int]) -> None:
        while len(list(out.rglob("*.tar.json"))) < 5:
            time.sleep(0.002)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            killed.append(len(list(out.rglob("*.tar.json"))))

    with cluster("local") as workers:
        with pytest.raises(ValueError, match=r"^invalid literal.*$"):
            list(map_tasks(workers, int, ["three"]))
        pids = set(map_tasks(workers, eval, ["__import__('time').sleep(0.2) or __import__('os').getpid()"] * 8))
        thread = threading.Thread(target=kill, args=(sorted(pids)[:1],))
        thread.start()
        assert run(make_parser().parse_args(["demo", str(out), *DEMO]), workers) == 0
        thread.join()
    index = prepare("demo", tmp_path / "here" / "out", *DEMO)["index"]
    assert 5 <= killed[0] < sum(len(dataset["shards"]) for dataset in index["datasets"])
    assert written_index(out) == index


def test_shards_are_not_written_through_links(tree, tmp_path, capsys):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/in").mkdir(parents=True)
    (tmp_path / "out/in/de").symlink_to(tmp_path / "elsewhere")
    assert main(["folder", str(tree), str(tmp_path / "out"), "--workers", "0"]) == 2
    assert "leads out of" in capsys.readouterr().err
    assert list((tmp_path / "elsewhere").iterdir()) == []
