"""What a sweep came to: a table, a recipe of the best trial, and Optuna's pictures on one page."""

from html import escape
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.table import Table

from lfsc.config.compose import compose
from lfsc.config.from_weights import ReadArchitecture
from lfsc.config.own_code import option_for
from lfsc.config.paths import with_absolute_paths
from lfsc.config.recipe_file import as_yaml
from lfsc.io import atomic
from lfsc.io.messages import as_word
from lfsc.io.tables import make_table
from lfsc.sweep.queue import REASON, ended_trials
from lfsc.sweep.search_space import Space
from lfsc.sweep.study import Plan
from lfsc.sweep.trial import run_of

ROWS = 20
BEST = "best.yaml"


def results_table(study: optuna.Study, plan: Plan) -> Table:
    """The trials, the best first."""
    trials = sorted(ended_trials(study), key=lambda trial: rank(trial, study))
    keys = sorted({key for trial in trials for key in trial.params})
    table = make_table("trial", "state", plan.measured, *short_names(keys), "")
    for trial in trials[:ROWS]:
        value = "" if trial.value is None else f"{trial.value:.5g}"
        values = [format_value(trial.params.get(key, "")) for key in keys]
        table.add_row(str(trial.number), trial.state.name.lower(), value, *values, trial.user_attrs.get(REASON, ""))
    return table


def short_names(keys: list[str]) -> list[str]:
    """The keys without the beginnings that are not needed to tell them apart."""
    parts = 1
    while len({ending(key, parts) for key in keys}) < len(keys):
        parts += 1
    return [ending(key, parts) for key in keys]


def ending(key: str, parts: int) -> str:
    return ".".join(key.split(".")[-parts:])


def rank(trial: FrozenTrial, study: optuna.Study) -> tuple[int, float]:
    order = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL].index(trial.state)
    sign = 1 if study.direction == optuna.study.StudyDirection.MINIMIZE else -1
    return order, sign * (trial.value or 0.0)


def format_value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def write_best(
    study: optuna.Study,
    plan: Plan,
    space: Space,
    folder: Path,
    *,
    read_architecture: ReadArchitecture | None = None,
) -> Path:
    """best.yaml, a recipe that trains as the best trial did; `read_architecture` is that of `compose`."""
    best = study.best_trial
    overrides = [*space.fixed, *(f"{key}={value}" for key, value in best.params.items())]
    # Whole: what a recipe of somebody's own includes may lie beside it, and +key=… adds what a file cannot say shorter.
    recipe = with_absolute_paths(compose(plan.recipe, overrides, read_architecture=read_architecture))
    recipe["name"] = f"{folder.name}_best"
    path = folder / BEST
    head = f"# Trial {best.number} of {folder}, {plan.measured} {best.value:.5g}: {best_command(study, folder)}\n"
    atomic.write_text(path, head + as_yaml(recipe))
    return path


def best_command(study: optuna.Study, folder: Path) -> str:
    """The command that trains what `write_best` wrote, with the user's own code, which no longer lies beside it."""
    own_code = run_of(folder, study.best_trial.number).environment().get("own_code", {})
    return f"lfsc train {as_word(folder / BEST)}{option_for(own_code)}"


def write_page(study: optuna.Study, plan: Plan, folder: Path) -> Path:
    """plots.html: what Optuna draws of a study, readable without a network."""
    draw = optuna.visualization
    name: dict[str, Any] = {"target_name": plan.measured}
    figures = [draw.plot_optimization_history(study, **name), draw.plot_slice(study, **name)]
    figures.append(draw.plot_intermediate_values(study))
    if len({trial.value for trial in study.get_trials(states=[TrialState.COMPLETE])}) > 1:
        figures += [draw.plot_parallel_coordinate(study, **name), draw.plot_param_importances(study, **name)]
    # The first brings the library for all.
    parts = [figure.to_html(full_html=False, include_plotlyjs=number == 0) for number, figure in enumerate(figures)]
    title = escape(folder.name)
    page = f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>" + "\n".join(parts)
    path = folder / "plots.html"
    atomic.write_text(path, page)
    return path
