"""`lfsc runs`."""

import json
import socket
import time

import pytest
import yaml

from lfsc.cli import main
from lfsc.commands.runs import ago
from lfsc.runs.directory import Run


@pytest.fixture
def runs(tmp_path):
    for number, (state, message) in enumerate([("finished", ""), ("running", ""), ("failed", "no space")]):
        run = Run(tmp_path / state)
        run.path.mkdir()
        status = {"state": state, "update": 5, "max_updates": 10, "host": socket.gethostname(), "pid": 2**22 + 1}
        run.status_file.write_text(
            json.dumps(status | {"last_heartbeat": time.time() - 4000 * number, "message": message})
        )
        run.config_file.write_text(yaml.safe_dump({"monitor": "val/mel", "mode": "min"}))
        run.environment_file.write_text(json.dumps({"recipe": "small"}))
    (tmp_path / "finished" / "metrics.csv").write_text("update,val/mel,x\r\n0,2.5,\r\n5,1.25,\r\n7,1.5,3\r\n8,,3\r\n")
    return tmp_path


def test_the_runs_and_their_states(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["runs", str(runs)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]
    assert cells == [
        ["finished", "small", "5 of 10", "val/mel 1.25 at 5", "finished", "0 s ago"],
        ["running", "small", "5 of 10", "", "killed", "1 h ago"],
        ["failed", "small", "5 of 10", "", "failed: no space", "2 h ago"],
    ]


def test_what_is_damaged_or_another_programs_does_not_hide_the_others(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    (runs / "failed" / "status.json").write_text('{"state"')
    (runs / "running" / "config.yaml").write_text("monitor: [")
    (runs / "foreign").mkdir()
    (runs / "foreign" / "status.json").write_text('{"state": "on"}')
    assert main(["runs", str(runs)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│ ")]
    reported = {line.split("│")[1].strip(): line.split("│")[5].strip() for line in lines}
    assert reported["finished"] == "finished"
    assert reported["failed"].startswith("damaged: ") and "status.json cannot be read" in reported["failed"]
    assert reported["running"].startswith("damaged: ")
    assert "foreign" not in reported


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("status.json", '{"state": 5, "update": "x", "max_updates": 9, "host": "h", "pid": 1, "last_heartbeat": 2.0}'),
        ("status.json", '{"state": "on", "update": 1, "max_updates": 9, "host": "h", "pid": 1, "last_heartbeat": "y"}'),
        ("environment.json", "[1]"),
        ("environment.json", "{"),
        ("metrics.csv", "val/mel\n1\n"),
        ("config.yaml", "seed: 0"),
        ("config.yaml", "monitor: [a]\nmode: {b: c}"),
    ],
)
def test_values_of_another_kind_hide_neither_the_other_runs_nor_their_place(runs, capsys, monkeypatch, name, content):
    monkeypatch.setenv("COLUMNS", "200")
    (runs / "running/config.yaml").write_text("monitor: val/mel\nmode: min\n")
    (runs / "running" / name).write_text(content)
    assert main(["runs", str(runs)]) == 0
    shown = capsys.readouterr().out
    assert "finished" in shown and "failed: no space" in shown
    assert "[a]" in content or "damaged: " in shown
    assert main(["report", str(runs / "running")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_words_in_brackets_are_no_markup(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    run = Run(runs / "[bold]x[/mine]")
    run.path.mkdir(parents=True)
    run.write_status("failed", 0, 5, "expected [from, to], found [/data/x] :smile:")
    assert main(["runs", str(runs)]) == 0
    shown = capsys.readouterr().out
    assert "[bold]x[/mine]" in shown and "expected [from, to], found [/data/x] :smile:" in shown


def test_what_moves_a_cursor_is_written_out_and_a_recipe_may_be_anything(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    run = Run(runs / "odd")
    run.path.mkdir(parents=True)
    run.write_status("failed", 0, 5, "\x1b[31mred")
    run.environment_file.write_text('{"recipe": {"a": [1]}}')
    for command in (["runs", str(runs)], ["info", str(run.path)]):
        assert main(command) == 0
        assert "\\x1b[31mred" in (shown := capsys.readouterr().out) and "\x1b" not in shown


def test_no_run(tmp_path, capsys):
    assert main(["runs", str(tmp_path)]) == 2
    assert "no run below" in capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "text"), [(3, "3 s ago"), (90, "2 min ago"), (7200, "2 h ago"), (2e5, "2 d ago")])
def test_ages_read_as_people_say_them(seconds, text):
    assert ago(seconds) == text


def test_a_run_that_failed_before_it_had_a_configuration_is_there_with_its_reason(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    items = ["data.path=/no/such/corpus", "prepare_demo=false", f"runs_root={tmp_path}", "name=mine", "trainer=cpu"]
    assert main(["train", "demo", *items]) == 2
    assert "/no/such/corpus has no index.json" in capsys.readouterr().err
    assert main(["runs", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "mine" in shown and "failed: /no/such/corpus has no index.json" in shown
    assert main(["resume", str(tmp_path / "mine")]) == 2
    assert "is not a run: it has no config.yaml" in capsys.readouterr().err


def test_a_folder_in_the_place_of_a_status_does_not_hide_the_other_runs(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    (runs / "odd" / "status.json").mkdir(parents=True)
    (runs / "odd" / "config.yaml").write_text("{}")
    assert main(["runs", str(runs)]) == 0
    shown = capsys.readouterr().out
    assert "damaged: status.json is no file" in shown and "finished" in shown
