import signal
import subprocess
import sys
import time

import pytest

from data_prep.__main__ import main as prepare
from lfsc.cli import VERBS, main


def test_help_is_instant():
    begin = time.perf_counter()
    shown = subprocess.run([sys.executable, "-m", "lfsc", "--help"], capture_output=True, text=True, check=True)
    elapsed = time.perf_counter() - begin
    assert all(verb in shown.stdout for verb in VERBS)
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "lfsc", "--help"], capture_output=True, text=True, check=True
    )
    assert "torch" not in loaded.stderr, f"help took {elapsed:.2f} s"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_help_without_heavy_imports(verb):
    begin = f"import sys; from lfsc.cli import main\ntry: main(['{verb}', '--help'])"
    code = f"{begin}\nfinally: assert 'torch' not in sys.modules"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert f"lfsc {verb}" in shown.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_which_leaves_nothing(tmp_path, number):
    code = (
        "import signal, sys, time\n"
        # A job in the background, or under nohup, ignores them, and so does all that it starts.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "from lfsc import cli\n"
        "from lfsc.io.atomic import replacing\n"
        "def run(*_):\n"
        "    with replacing('out') as temporary:\n"
        "        temporary.write_text('half')\n"
        "        print(flush=True)\n"
        "        time.sleep(60)\n"
        "cli.run = run\n"
        "sys.exit(cli.main())\n"
    )
    options = {"cwd": tmp_path, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code, "info"], **options) as process:
        process.stdout.readline()
        for _ in range(1 if number == signal.SIGINT else 2):
            process.send_signal(number)
        assert process.stderr.read() == "lfsc info: interrupted\n"
    assert process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_verb_is_answered_with_those_that_exist(capsys):
    assert main(["trian"]) == 2
    assert "no verb 'trian'; there are train, resume" in capsys.readouterr().err


def test_a_users_mistake_is_one_line_and_status_2(capsys):
    assert main(["train", "nope"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("lfsc train: no recipe 'nope'")
    assert said.count("\n") == 1


def test_an_empty_argument_is_not_the_folder_one_is_in(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    evaluation, preparation = ["evaluate", "--data", "a.tar", "--out", ""], ["folder", "a", "out", "--name", ""]
    for command, arguments in ((main, ["runs", ""]), (main, evaluation), (prepare, preparation)):
        assert command(arguments) == 2
        assert "an argument is empty, as where a variable is not set" in capsys.readouterr().err


@pytest.mark.parametrize("command", [main, prepare])
def test_a_working_folder_that_is_gone_is_told(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    assert command(["report", "out"]) == 2
    assert capsys.readouterr().err.endswith(": the working folder has been removed: change to another one\n")


@pytest.mark.parametrize(("verb", "missing"), [("train", "recipe"), ("resume", "run")])
def test_only_what_is_needed_is_asked_for(verb, missing, capsys):
    with pytest.raises(SystemExit):
        main([verb])
    assert capsys.readouterr().err.endswith(f"the following arguments are required: {missing}\n")


@pytest.mark.parametrize(
    ("verb", "package", "extra"),
    [("train", "hydra", "train"), ("sweep", "optuna", "train,sweep"), ("evaluate", "rich", "evaluate")],
)
def test_the_extra_that_a_verb_needs_is_named(verb, package, extra, monkeypatch, capsys):
    def lack(_):
        raise ModuleNotFoundError(f"No module named '{package}.core'", name=f"{package}.core")

    monkeypatch.setattr(f"lfsc.commands.{verb}.main", lack)
    assert main([verb]) == 2
    assert capsys.readouterr().err == f"lfsc {verb}: {package} is not installed: pip install 'lfsc[{extra}]'\n"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "not enough memory"),
        (
            ImportError("libtorch_cpu.so: failed to map segment from shared object"),
            "a library cannot be loaded (libtorch_cpu.so: failed to map segment from shared object): it needs more "
            "memory, or its package is not whole",
        ),
    ],
)
def test_libraries_that_cannot_be_loaded_are_one_line(error, reason, monkeypatch, capsys):
    def fail(_):
        raise error

    monkeypatch.setattr("lfsc.commands.info.main", fail)
    assert main(["info", "x"]) == 2
    assert capsys.readouterr().err == f"lfsc info: {reason}\n"


def test_a_fault_of_an_import_of_ours_keeps_its_traceback(monkeypatch):
    def fail(_):
        raise ImportError("cannot import name 'a' from 'lfsc.b'")

    monkeypatch.setattr("lfsc.commands.info.main", fail)
    with pytest.raises(ImportError):
        main(["info", "x"])


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __import__("lfsc").__version__
