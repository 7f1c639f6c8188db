import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_prep.__main__ import main, make_parser
from data_prep.commands import make_corpus

ROOT = Path(__file__).resolve().parents[2]


def test_help_imports_nothing_heavy():
    started = time.monotonic()
    code = "import sys; from data_prep.__main__ import make_parser; make_parser().format_help(); print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert time.monotonic() - started < 2
    assert not {"torch", "numpy", "soundfile", "webdataset", "rich", "megatron"} & set(printed.split())


@pytest.mark.parametrize("verb", ["demo", "folder", "mls", "common_voice", "daps", "verify", "report"])
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as exit:
        main([verb, "--help"])
    assert exit.value.code == 0
    assert "OUT" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mls", "{}/gone", "{}/out"], "gone is not there"),
        (["daps", "{}", "{}/out"], "holds no DAPS recording"),
        (["common_voice", "{}", "{}/out"], "holds no Common Voice .tsv"),
        (["report", "{}/out"], "no corpus in"),
        (["demo", "{}/out", "--languages", "1000"], "not in 1000"),
        (["demo", "{}/out", "--min-seconds", "5", "--max-seconds", "5"], "nothing is between"),
    ],
)
def test_errors_are_one_line(tmp_path, capsys, arguments, message):
    assert main([argument.format(tmp_path) for argument in arguments] + ["--workers", "0"]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1


def test_a_package_that_is_missing_is_named_with_its_extra(tmp_path, monkeypatch, capsys):
    def lack(*_):
        raise ModuleNotFoundError("No module named 'megatron'", name="megatron.energon")

    monkeypatch.setattr("data_prep.commands.run", lack)
    assert main(["report", str(tmp_path), "--workers", "0"]) == 2
    assert capsys.readouterr().err == "error: megatron is not installed: pip install 'lfsc[prep]'\n"


def test_a_module_of_its_own_that_is_missing_is_no_mistake_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "data_prep.commands", None)
    with pytest.raises(ModuleNotFoundError):
        main(["report", str(tmp_path), "--workers", "0"])


def test_shards_are_written_to_a_folder_and_how_to_upload_them_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["demo", "msc://bucket/data"])
    assert "then `msc sync FOLDER --target-url msc://bucket/data --no-ignore-hidden`" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--shard-hours", "0", "0 is not above 0"),
        ("--sample-rate", "-1", "-1 is not a rate from 1000 to 1000000 Hz"),
        ("--sample-rate", "700000", "a .flac file cannot be at 700000 Hz"),
        ("--min-seconds", "nan", "nan is not a number of seconds"),
        ("--seed", "-1", "-1 is less than none"),
        ("--shard-hours", "many", "invalid float value: 'many'"),
        ("--val-share", "1", "1 is not a fraction"),
        ("--workers", "-2", "-2 is less than none"),
    ],
)
def test_impossible_numbers_are_refused_at_once(tmp_path, capsys, option, value, said):
    with pytest.raises(SystemExit):
        main(["folder", str(tmp_path), str(tmp_path / "out"), option, value])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "lowest"),
    [([], 16000), (["--sample-rate", "8000"], 8000), (["--sample-rate", "48000", "--min-rate", "44100"], 44100)],
)
def test_recordings_at_the_rate_of_the_shards_are_not_rejected(tmp_path, given, lowest):
    options = make_parser().parse_args(["folder", str(tmp_path), str(tmp_path / "out"), *given])
    corpus = make_corpus(options)
    assert corpus.rules.min_rate == corpus.settings["min_rate"] == lowest
