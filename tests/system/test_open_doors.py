"""Classes of the user's own: what a recipe may name, what is recorded of it, and what a foreign run may not."""

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
import torch
import yaml

from lfsc.cli import main
from lfsc.config.compose import compose
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows

OWN = Path(__file__).with_name("own")
TARGETS = [
    "own_parts.EnvelopeLoss",
    "own_parts.FilterBank",
    "own_parts.InverseSquareRoot",
    "own_parts.JsonLines",
    "own_parts.LearnedCodebook",
    "own_parts.LongClips",
    "own_parts.MetricNames",
    "own_parts.MultiScaleDiscriminator",
    "own_parts.SignSGD",
]
# As a run that somebody else shares names it.
FOREIGN = "foreign_parts"


@pytest.fixture(scope="module")
def folder(micro, tmp_path_factory):
    """The user's folder: the recipe, its options and the file with the classes."""
    folder = shutil.copytree(OWN, tmp_path_factory.mktemp("user") / "own")
    shutil.copy(micro.RECIPE, folder / "micro.yaml")
    yield folder
    for path in [path for path in sys.path if path.startswith(str(folder.parent))]:
        sys.path.remove(path)


@pytest.fixture(scope="module")
def whole(folder, noise_corpus):
    """A run of three updates in which every part that a recipe can name is the user's own."""
    command = ["train", str(folder / "own.yaml"), f"data.path={noise_corpus}", f"runs_root={folder}/runs"]
    assert main([*command, "trainer=cpu"]) == 0
    return Run(folder / "runs" / "own")


def test_a_run_of_ones_own_parts_learns(micro, whole):
    rows = read_rows(whole.metrics_file)
    assert [int(row["update"]) for row in rows] == [0, 1, 2, 3]
    assert float(rows[1]["train/envelope"]) > 0
    assert {"discriminator/scale_0/score_real", "discriminator/scale_1/accuracy", "discriminator/slm_0/accuracy"} <= {
        name for name, value in rows[-1].items() if value
    }
    assert not any("period" in name for name in rows[-1])
    assert float(rows[3]["lr/generator"]) == pytest.approx(1e-3 / 2)
    assert float(rows[3]["lr/discriminators"]) == pytest.approx(5e-4)
    first, last = (micro.checkpoint_of(whole, f"update-0000000{update}.ckpt")["state_dict"] for update in (2, 3))
    assert not torch.equal(first["codec.quantizer.codebooks"], last["codec.quantizer.codebooks"])
    assert not any("slm" in name and ".network." not in name for name in last), "a frozen model is in no checkpoint"


def test_ones_own_logger_has_every_row_of_the_log(whole):
    lines = [json.loads(line) for line in (whole.path / "metrics.jsonl").read_text().splitlines()]
    rows = read_rows(whole.metrics_file)
    assert [line["update"] for line in lines] == [int(row["update"]) for row in rows]
    for line, row in zip(lines, rows, strict=True):
        assert line == {name: pytest.approx(float(value)) for name, value in row.items() if value}


def test_ones_own_callback_finds_every_metric_that_is_logged(whole):
    found = json.loads((whole.path / "names.json").read_text())
    assert found["count"] == 3
    assert set(found["names"]) >= set(read_rows(whole.metrics_file)[0]) - {"update"}


def test_the_environment_records_modules_and_their_hashes(folder, whole):
    recorded = whole.environment()["own_code"]
    assert list(recorded) == sorted([*TARGETS])
    digest = hashlib.sha256((folder / "own_parts.py").read_bytes()).hexdigest()
    assert all(each == {"file": str(folder / "own_parts.py"), "sha256": digest} for each in recorded.values())


@pytest.fixture
def foreign(folder, whole, tmp_path):
    """A run that somebody shares, interrupted after its second update, of classes in a file that we may have."""
    text = (folder / "own_parts.py").read_text()
    trace = tmp_path / "trace"
    (tmp_path / f"{FOREIGN}.py").write_text(f"{text}\nPath({str(trace)!r}).touch()\n")
    run = Run(shutil.copytree(whole.path, tmp_path / "foreign"))
    run.config_file.write_text(run.config_file.read_text().replace("own_parts.", f"{FOREIGN}."))
    for path in run.checkpoints.glob("*.ckpt"):
        if path.name != "update-00000002.ckpt":
            path.unlink()
    checkpoint = torch.load(run.checkpoints / "update-00000002.ckpt", weights_only=True)
    torch.save(checkpoint | {"config": run.config()}, run.checkpoints / "update-00000002.ckpt")
    run.write_status("interrupted", 2, 3)
    run.trace, run.file = trace, tmp_path / f"{FOREIGN}.py"
    yield run
    sys.modules.pop(FOREIGN, None)
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


def refusal(arguments, capsys):
    """The line in which a command is refused."""
    capsys.readouterr()
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_foreign_run_runs_no_code(foreign, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(foreign.file.parent))
    line = refusal(["resume", str(foreign.path)], capsys)
    assert f"_target_ '{FOREIGN}." in line and "--with FILE.py" in line
    assert not foreign.trace.exists() and FOREIGN not in sys.modules
    assert foreign.status().state == "interrupted", "nothing has changed"


def test_with_its_file_it_resumes_bit_for_bit(micro, foreign, whole):
    assert main(["resume", str(foreign.path), "--with", str(foreign.file)]) == 0
    assert foreign.trace.exists()
    assert micro.differences(micro.learned(foreign), micro.learned(whole)) == []
    assert micro.history(foreign) == micro.history(whole)
    assert foreign.environment()["own_code"][f"{FOREIGN}.SignSGD"]["file"] == str(foreign.file)


def test_another_files_classes_are_not_trusted_along(foreign, tmp_path, capsys):
    (tmp_path / "harmless_parts.py").write_text("")
    line = refusal(["resume", str(foreign.path), "--with", str(tmp_path / "harmless_parts.py")], capsys)
    assert "is not lfsc's and was not built" in line and not foreign.trace.exists()


HOSTILE = ["os.system", "subprocess.Popen", "builtins.eval", "lfsc.io.atomic.write_text", "lfsc.runs.directory.Run"]
PLACES = ["data", "callbacks.names", "logger.json", "optimizers.generator.schedule", "losses.discriminator", "slm"]


@pytest.mark.parametrize("target", HOSTILE)
@pytest.mark.parametrize("place", PLACES)
def test_a_run_that_names_what_is_no_class_of_ours_is_refused(foreign, place, target, capsys):
    config = foreign.config()
    section = config
    for key in place.split("."):
        section = section[key]
    section["_target_"] = target
    foreign.config_file.write_text(yaml.safe_dump(config))
    line = refusal(["resume", str(foreign.path), "--with", str(foreign.file)], capsys)
    assert f"_target_ '{target}' is not lfsc's and was not built" in line


PARTS = """
from pathlib import Path
from torch import nn
class Difference(nn.L1Loss):
    '''A loss of the user's.'''
"""


@pytest.fixture
def given(tmp_path):
    """A file of the user's in a folder that no recipe lies in, and the overrides that use it."""
    path = tmp_path / "elsewhere" / "given_parts.py"
    path.parent.mkdir()
    path.write_text(PARTS)
    yield path
    sys.modules.pop("given_parts", None)
    if str(path.parent) in sys.path:
        sys.path.remove(str(path.parent))


def short(micro, noise_corpus, root, *items):
    difference = (
        "+losses.reconstruction.own.weight=1",
        "+losses.reconstruction.own.loss._target_=given_parts.Difference",
    )
    fixed = (f"data.path={noise_corpus}", "trainer=cpu", "max_updates=2", "validate_every=2", "data.max_val_clips=2")
    return [str(micro.RECIPE), *fixed, *difference, f"runs_root={root}", *items]


def test_a_file_that_is_given_trains_and_is_recorded(micro, noise_corpus, tmp_path, given, capsys):
    command = ["train", *short(micro, noise_corpus, tmp_path)]
    assert "given_parts.Difference) cannot be imported" in refusal(command, capsys)
    assert main([*command, "--with", str(given)]) == 0
    run = Run(tmp_path / "demo")
    assert float(read_rows(run.metrics_file)[-1]["train/own"]) > 0
    assert list(run.environment()["own_code"]) == ["given_parts.Difference"]
    # Later, in a process that needs none of its classes.
    del sys.modules["given_parts"]
    capsys.readouterr()
    assert main([*command, "--continue"]) == 0
    assert f"lfsc resume {run.path} max_updates=4 --with {given}" in capsys.readouterr().out
    assert f"max_updates=8 --with {given}` continues it" in refusal([*command, "max_updates=8", "--continue"], capsys)


@pytest.mark.slow
def test_a_grid_and_a_sweep_hand_a_given_file_on(micro, noise_corpus, tmp_path, given, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = ["train", *short(micro, noise_corpus, tmp_path, "seed=1,2"), "--multirun", "--with", str(given)]
    assert main(grid) == 0
    sweep = [item for item in short(micro, noise_corpus, tmp_path, "seed=1,2") if not item.startswith("runs_root")]
    assert main(["sweep", *sweep, "name=mine", "--with", "elsewhere/given_parts.py"]) == 0
    for run in (tmp_path / "demo" / "1", tmp_path / "sweeps" / "mine" / "0001"):
        assert list(Run(run).environment()["own_code"]) == ["given_parts.Difference"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("absent.py", None, r"absent.py: no such file"),
        ("given_parts.py", "class (:", r"given_parts.py cannot be imported: SyntaxError: "),
        ("given_parts.py", "raise RuntimeError('no\\nlicence')", r"cannot be imported: RuntimeError: no licence"),
        ("json.py", "", r"json.py: Python has another module of this name, <module 'json' from .*>: rename the file"),
        ("sys.py", "", r"sys.py: Python has another module of this name, <module 'sys' \(built-in\)>: rename the file"),
        ("no_such_module", None, r"cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
@pytest.mark.parametrize("verb", ["train", "resume", "sweep"])
def test_a_file_that_cannot_be_imported_is_one_line(tmp_path, given, capsys, verb, name, text, message):
    path = tmp_path / "elsewhere" / name if name.endswith(".py") else name
    if text is not None:
        path.write_text(text)
    (tmp_path / "config.yaml").write_text("{}")
    arguments = {"train": ["demo"], "resume": [str(tmp_path)], "sweep": ["demo", "seed=1,2"]}[verb]
    assert re.search(message, refusal([verb, *arguments, "--with", str(path)], capsys))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["+callbacks.mine._target_=given_parts.Difference"],
            "callbacks.mine is a Difference: expected a Lightning Call",
        ),
        (["+callbacks.mine._target_=math.pi"], "callbacks.mine (math.pi) is a float: expected a class or a function"),
        (
            ["callbacks=early_stopping", "callbacks.early_stopping.mode=best"],
            "callbacks.early_stopping (lightning.pytorch.callbacks.EarlyStopping): MisconfigurationException: ",
        ),
        (["+logger.mine._target_=given_parts.Nothing"], "logger.mine (given_parts.Nothing) cannot be imported"),
        (["+logger.mine._target_=given_parts.Difference"], "logger.mine is a Difference: expected a Lightning Logger"),
        (["codec.encoder._target_=given_parts.Difference"], "codec.encoder (given_parts.Difference): TypeError: "),
        (["initialization=nope"], "initialization=nope: expected variance_preserving or torch"),
    ],
)
def test_what_cannot_be_built_is_one_line(micro, noise_corpus, tmp_path, given, capsys, overrides, message):
    command = ["train", str(micro.RECIPE), f"data.path={noise_corpus}", f"runs_root={tmp_path}", "trainer=cpu"]
    assert message in refusal([*command, *overrides, "--with", str(given)], capsys)
    assert not (tmp_path / "demo" / "config.yaml").exists()


def test_the_folder_of_a_shipped_recipe_is_not_imported_from():
    before = list(sys.path)
    compose("demo", [])
    assert sys.path == before
