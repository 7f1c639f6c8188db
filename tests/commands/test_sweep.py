"""`lfsc sweep` from the command line."""

import sys
from pathlib import Path

import pytest

from lfsc.cli import main
from lfsc.config.compose import compose
from lfsc.runs.metrics_rows import read_rows
from lfsc.sweep import trial

FAKE_TRAIN = Path(__file__).resolve().parents[1] / "sweep" / "fake_train.py"


@pytest.fixture
def sweep(micro, noise_corpus, tmp_path, monkeypatch):
    """A function that gives the command to `lfsc` and returns its exit status."""
    monkeypatch.chdir(tmp_path)
    fixed = (f"data.path={noise_corpus}", "max_updates=2", "validate_every=2", "trainer=cpu")
    return lambda *items: main(["sweep", str(micro.RECIPE), *fixed, *items])


@pytest.mark.slow
def test_a_sweep_of_real_runs_ends_in_a_recipe(sweep, tmp_path, capsys):
    assert sweep("optimizers.generator.lr=1e-2,1e-9", "name=mine") == 0
    shown = capsys.readouterr().out
    assert "best:  lfsc train sweeps/mine/best.yaml" in shown and "complete" in shown
    best = compose("sweeps/mine/best.yaml", [])
    assert best["name"] == "mine_best"
    values = [
        float(read_rows(tmp_path / "sweeps/mine" / f"{trial:04d}" / "metrics.csv")[-1]["val/mel"]) for trial in (0, 1)
    ]
    assert best["optimizers"]["generator"]["lr"] == (1e-2 if values[0] < values[1] else 1e-9)
    assert (tmp_path / "sweeps/mine/plots.html").stat().st_size > 1e6


def test_a_sweep_over_the_codec_of_weights_ends_in_a_recipe_of_its_own(nemo_reference, tmp_path, monkeypatch):
    monkeypatch.setattr(
        trial,
        "train_command",
        lambda recipe, overrides, own_code: [sys.executable, str(FAKE_TRAIN), *overrides, "lr=1"],
    )
    monkeypatch.chdir(tmp_path)
    weights = [f"init_from={nemo_reference / 'codec.nemo'}", "data.path=x", "slm.path=null"]
    assert main(["sweep", "finetune", *weights, "codec.decoder.channels=48,96", "name=mine"]) == 0
    best = compose("sweeps/mine/best.yaml", [])
    assert best["codec"]["decoder"]["channels"] in (48, 96) and "encoder" in best["codec"]


@pytest.mark.slow
def test_a_sweep_of_failures_says_so(sweep, capsys):
    assert sweep("seed=1,2", "data.filter.languages=[xx]", "name=bad") == 1
    reported = capsys.readouterr()
    assert "no trial came to its end; sweeps/bad/*/log.txt tell why" in reported.err
    assert "trial 1: failed, exit status 2: lfsc train: " in reported.err


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["seed=1"], "nothing varies"),
        (["sead=1,2"], "no key 'sead': did you mean seed?"),
        (["seed=1,x"], "seed=x"),
        (["seed=log(2,1)"], "the lower bound first"),
        (["seed=1,2", "trials=many"], "trials=many: expected a whole number from 1 on"),
        (["seed=1,2", "sampler=guess"], "sampler=guess: expected tpe or random or grid"),
        (["ema_decay=log(0.1,0.9)", "sampler=grid"], "ranges have no grid"),
        (["seed=1,2", "direction=up"], "direction=up: expected minimize or maximize"),
        (["seed=1,2", "retry_failed=2"], "retry_failed=2: expected true or false"),
        (["seed"], "'seed' is not key=value"),
    ],
)
def test_what_is_wrong_is_one_line(sweep, capsys, items, message):
    assert sweep(*items) == 2
    reported = capsys.readouterr().err
    assert reported.startswith("lfsc sweep: ") and message in reported and reported.count("\n") == 1
