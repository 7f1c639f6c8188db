"""`lfsc report`: runs as a page."""

import json
import re
import socket

import pytest
import torch
import yaml

from lfsc.audio import files
from lfsc.cli import main
from lfsc.evaluation.run_report.samples import choose_updates
from lfsc.runs.directory import Run

MARKUP = "<script>alert(1)</script>"
RATE = 8000


def make_run(path, *, seed=0, updates=(0, 10, 20, 30, 40, 50)):
    run = Run(path)
    run.path.mkdir(parents=True)
    config = {
        "monitor": "val/mel", "mode": "min", "init_from": None, "seed": seed, "batch_size": 4, "crop_length": 4000,
        "sample_rate": RATE, "trainer": {"precision": "32-true"}, "data": {"path": f"data/{MARKUP}"},
    }  # fmt: skip
    run.config_file.write_text(yaml.safe_dump(config))
    status = {"state": "finished", "update": 50, "max_updates": 50, "host": socket.gethostname(), "pid": 1}
    run.status_file.write_text(json.dumps(status | {"last_heartbeat": 0.0, "message": ""}))
    environment = {"recipe": "small", "commands": [["lfsc", "train", "small", "name=a b"]], "packages": {"torch": "2"}}
    run.environment_file.write_text(json.dumps(environment))
    rows = [f"{update},{1 / (seed + update + 1)},0.5" for update in updates]
    run.metrics_file.write_text("\n".join(["update,val/mel,throughput/updates_per_second", *rows]) + "\n")
    noise = torch.Generator().manual_seed(seed)
    for folder in ("original", *(f"update-{update:08d}" for update in updates)):
        files.write(run.samples / folder / "de_1.wav", torch.rand(RATE, generator=noise) - 0.5, sample_rate=RATE)
    return run


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "first")


def report(*arguments):
    assert main(["report", *map(str, arguments)]) == 0


def test_one_run_has_everything_and_loads_nothing_from_outside(run):
    report(run.path)
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r'id="(\w+)"', page) == ["runs", "listening", "curves", "configuration"]
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert MARKUP not in page and "alert(1)" in page
    facts = ("small", "finished", "50 of 50", "val/mel 0.01961 at update 50", "lfsc train small &#39;name=a b&#39;")
    assert [fact for fact in facts if fact not in page] == []
    # The original, and four of the six validations.
    assert page.count("<audio") == 5
    assert [int(update) for update in re.findall(r"update (\d+)</small>", page)] == [0, 20, 40, 50]
    # 50 updates at one in two seconds.
    assert re.search(r"hours of updates</th><td>0\.03<", page)


def test_runs_beside_each_other(run, tmp_path, monkeypatch):
    second = make_run(tmp_path / "second", seed=1, updates=(0, 20))
    monkeypatch.chdir(tmp_path)
    report(run.path, second.path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"update (\d+)</small>", page) == ["50", "20"]
    assert re.search(r'<th scope="row">seed</th><td>0</td><td>1</td>', page)
    assert page.count("<polyline") == 4


def test_a_damaged_sample_is_told_and_the_others_are_heard(run):
    (run.samples / "update-00000050" / "de_1.wav").write_bytes(b"RIFF")
    report(run.path)
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert page.count("<audio") == 4 and "not a recording" in page


@pytest.mark.parametrize("most", [1, 2, 4, 9])
def test_the_last_validation_is_always_heard(run, most):
    chosen = [folder.name for folder in choose_updates(run, most)]
    assert chosen[-1] == "update-00000050" and chosen == sorted(set(chosen)) and len(chosen) == min(most, 6)
    assert most == 1 or chosen[0] == "update-00000000"


def test_only_what_is_such_a_page_is_replaced(run, tmp_path, capsys):
    out = tmp_path / "page.html"
    report(run.path, "--out", out)
    report(run.path, "--out", out)
    for content in (b"", b"<title>Mine</title>", b"\xff\0"):
        out.write_bytes(content)
        assert main(["report", str(run.path), "--out", str(out)]) == 2
        assert "page.html is there already and no page on runs; --overwrite" in capsys.readouterr().err
        assert out.read_bytes() == content
    report(run.path, "--out", out, "--overwrite")
    assert b"<h1>Training: first</h1>" in out.read_bytes()


def test_what_is_no_run_is_refused(run, tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert "is not a run" in capsys.readouterr().err
    assert main(["report", str(run.path), str(run.path)]) == 2
    assert "given twice" in capsys.readouterr().err
    run.metrics_file.write_text("update,val/mel\n0,x\n")
    assert main(["report", str(run.path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_that_is_not_as_lfsc_writes_it_is_one_line(tmp_path, capsys):
    run = make_run(tmp_path / "one")
    (run.samples / "update-²").mkdir()
    assert main(["report", str(run.path)]) == 0
    run.config_file.write_text(run.config_file.read_text().replace(f"sample_rate: {RATE}", "sample_rate: 0"))
    capsys.readouterr()
    assert main(["report", str(run.path)]) == 2
    assert re.fullmatch(
        r"lfsc report: .*config.yaml is not what lfsc writes \(ZeroDivision.*\n", capsys.readouterr().err
    )
