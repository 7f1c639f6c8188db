"""The table, the recipe and the page of a sweep that is over."""

import io

import pytest
import yaml
from optuna.trial import TrialState
from rich.console import Console

from lfsc.config.compose import compose
from lfsc.sweep.report import results_table, short_names, write_best, write_page
from lfsc.sweep.search_space import parse
from lfsc.sweep.study import OWNER, Plan, default_direction, open_study

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
    recipe = yaml.safe_load(path.read_text())
    assert recipe == {
        "defaults": ["small", {"override codec": "small"}, "_self_"],
        "seed": 5,
        "data": {"path": "shards"},
        "optimizers": {"generator": {"lr": 1e-3}},
        "batch_size": 2,
        "name": "mine_best",
    }
    expected = compose(
        "small", ["codec=small", "optimizers.generator.lr=1e-3", "batch_size=2", "seed=5", "data.path=shards"]
    )
    assert compose(str(path), []) == expected | {"name": "mine_best"}
    assert path.read_text().startswith(f"# Trial 1 of {folder}, val/mel 0.25: lfsc train {path}\n")


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
    assert page.count("val\\u002fmel") >= 4, "the axes are named after what was measured"
    assert page.count('class="plotly-graph-div"') == 5
    assert "<script src=" not in page and len(page) > 1e6


def test_what_is_better():
    assert [default_direction(name) for name in ("val/mel", "val/si_sdr", "val/codebook_usage")] == [
        "minimize", "maximize", "maximize",
    ]  # fmt: skip
