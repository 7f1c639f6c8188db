"""The table, the recipe and the page of a sweep that is over."""

import io
import json
from pathlib import Path

import pytest
from optuna.trial import TrialState
from rich.console import Console

from lfsc.config.compose import compose
from lfsc.sweep.queue import OWNER
from lfsc.sweep.report import best_command, results_table, short_names, write_best, write_page
from lfsc.sweep.search_space import parse
from lfsc.sweep.study import Plan, default_direction, open_study

ITEMS = ["optimizers.generator.lr=1e-3,2e-4", "batch_size=2,4", "codec=demo,small", "seed=5", "data.path=shards"]


@pytest.fixture
def ended(tmp_path):
    """A sweep with two results and a failure: what report functions take."""

    def make(recipe):
        plan = Plan(
            recipe=recipe, items=ITEMS, objective="val/mel", direction="minimize", trials=8, sampler="grid",
            pruner="none",
        )  # fmt: skip
        space, folder = parse(ITEMS), tmp_path / "sweeps" / "mine"
        study = open_study(plan, space, folder=folder, storage=None)
        for value in (0.5, 0.25, None):
            trial = study.ask()
            space.suggest(trial)
            trial.set_user_attr(OWNER, ["here", 1, 0.0])
            if value is None:
                trial.set_user_attr("reason", "no space")
                study.tell(trial, state=TrialState.FAIL)
            else:
                trial.report(value + 1, 0)
                study.tell(trial, value)
        return study, plan, space, folder

    return make


def test_the_best_is_a_recipe(ended):
    study, plan, space, folder = ended("small")
    path = write_best(study, plan, space, folder)
    expected = compose(
        "small", ["codec=small", "optimizers.generator.lr=1e-3", "batch_size=2", "seed=5", "data.path=shards"]
    )
    best = compose(str(path), [])
    assert best["data"].pop("path") == str(Path("shards").absolute()), "it trains from any folder"
    del expected["data"]["path"]
    assert best == expected | {"name": "mine_best"}
    assert path.read_text().startswith(f"# Trial 1 of {folder}, last val/mel 0.25: lfsc train {path}\n")


def test_the_best_is_trained_with_the_code_that_lay_beside_the_recipe(ended, tmp_path):
    study, plan, space, folder = ended("small")
    run = folder / "0001"
    run.mkdir()
    own = {"own_loss.EnergyLoss": {"file": str(tmp_path / "my code" / "own_loss.py"), "sha256": ""}}
    (run / "environment.json").write_text(json.dumps({"own_code": own}))
    path = write_best(study, plan, space, folder)
    command = f"lfsc train {path} --with '{tmp_path}/my code/own_loss.py'"
    assert best_command(study, folder) == command
    assert path.read_text().partition("\n")[0].endswith(command)


@pytest.mark.parametrize(
    "item",
    ["+codec.encoder.activation=half_snake", "~discriminators.period", "++batch_size=3", "logger=[tensorboard,wandb]"],
)
def test_the_best_has_what_was_added_or_left_out_in_all_trials(ended, item):
    study, plan, space, folder = ended("demo")
    space.fixed.append(item)
    best = compose(str(write_best(study, plan, space, folder)), [])
    expected = compose("demo", [*space.fixed, *(f"{k}={v}" for k, v in study.best_trial.params.items())])
    for section in ("codec", "discriminators", "batch_size", "logger"):
        assert best[section] == expected[section]
    assert best != compose("demo", [f"{k}={v}" for k, v in study.best_trial.params.items()])


def test_the_best_of_ones_own_recipe_needs_nothing_beside_it(ended, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("defaults: [demo, _self_]\nname: mine\nvalidate_every: 7\n")
    study, plan, space, folder = ended(str(mine))
    path = write_best(study, plan, space, folder)
    mine.unlink()
    composed = compose(str(path), [])
    assert (composed["validate_every"], composed["batch_size"], composed["name"]) == (7, 2, "mine_best")
    assert composed["codec"]["decoder"]["channels"] == compose("small", ["data.path=x"])["codec"]["decoder"]["channels"]


def test_the_table_has_the_best_first_and_failures_last(ended):
    study, plan, *_ = ended("small")
    console = Console(file=io.StringIO(), width=120)
    console.print(results_table(study, plan))
    lines = [line.split("│") for line in console.file.getvalue().splitlines() if line.startswith("│")]
    assert [line[1].strip() for line in lines] == ["1", "0", "2"]
    assert [line[3].strip() for line in lines] == ["0.25", "0.5", ""]
    assert lines[-1][-2].strip() == "no space"


def test_names_are_as_short_as_they_can_be():
    assert short_names(["optimizers.generator.lr", "optimizers.discriminators.lr", "seed"]) == [
        "generator.lr", "discriminators.lr", "seed",
    ]  # fmt: skip
    assert short_names(["a.lr"]) == ["lr"]


def test_the_page_needs_no_network(ended):
    study, plan, _, folder = ended("small")
    page = write_page(study, plan, folder).read_text()
    assert page.count("last val\\u002fmel") >= 4, "the axes are named after what was measured"
    assert page.count('class="plotly-graph-div"') == 5
    assert "<script src=" not in page and len(page) > 1e6


def test_names_are_no_markup(ended):
    study, plan, _, folder = ended("small")
    page = write_page(study, plan, folder.with_name("<script>alert(1)")).read_text()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_the_best_value_counts_where_that_is_asked_for():
    plan = Plan("demo", [], "best:val/mel", "minimize", 1, "tpe", "none")
    assert (plan.column, plan.measured, plan.value_of([3.0, 1.0, 2.0])) == ("val/mel", "best val/mel", 1.0)
    assert plan._replace(direction="maximize").value_of([3.0, 1.0, 2.0]) == 3.0
    last = plan._replace(objective="val/mel")
    assert (last.column, last.measured, last.value_of([3.0, 1.0, 2.0])) == ("val/mel", "last val/mel", 2.0)
    assert default_direction("best:val/si_sdr") == "maximize"


def test_what_is_better():
    assert [default_direction(name) for name in ("val/mel", "val/si_sdr", "val/codebook_usage")] == [
        "minimize", "maximize", "maximize",
    ]  # fmt: skip
