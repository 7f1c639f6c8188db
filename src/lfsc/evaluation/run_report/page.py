"""One run, or several beside each other, as one HTML page that holds everything it shows."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lfsc.config.recipe_file import as_yaml
from lfsc.evaluation.report.rendering import environment
from lfsc.evaluation.run_report.curves import plot_groups
from lfsc.evaluation.run_report.samples import load_samples
from lfsc.evaluation.run_samples import describe_samples
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import best_value, hours_of_updates, read_rows

# How the title of such a page begins, near its own beginning.
TITLE, BEGINNING = "Training: ", 1000
# Of the packages in environment.json, those that decide what a training computes.
PACKAGES = ("lfsc", "torch", "torchaudio", "lightning", "transformers", "megatron-energon")


class RunOnPage(NamedTuple):
    facts: dict[str, str]
    config: str  # YAML
    commands: list[str]


def render_run_page(paths: list[Path]) -> str:
    """The HTML of the runs in `paths`; ValueError for what is no run. All text that comes from outside is escaped."""
    runs = name_runs(paths)
    rows = {name: read_rows(run.metrics_file) for name, run in runs.items()}
    try:
        plots = plot_groups(rows)
    except ValueError as error:
        raise ValueError(f"a metrics.csv of {', '.join(runs)} is damaged: {error}") from error
    return (
        environment()
        .get_template("run.html")
        .render(
            title=TITLE,
            runs={name: read_whole_run(run, rows[name]) for name, run in runs.items()},
            differences=differences({name: flatten(run.config()) for name, run in runs.items()}),
            plots=plots,
            clips=load_samples(runs),
        )
    )


def is_run_page(path: Path) -> bool:
    """Whether a file is a page that render_run_page made."""
    with path.open("rb") as file:
        return f"<title>{TITLE}".encode() in file.read(BEGINNING)


def name_runs(paths: list[Path]) -> dict[str, Run]:
    """The runs by the names of their folders; by their paths where two folders are called the same."""
    short = [path.resolve().name for path in paths]
    names = [str(path) if short.count(name) > 1 else name for path, name in zip(paths, short, strict=True)]
    if len(set(names)) < len(names):
        raise ValueError("a run is given twice: expected different ones")
    return {name: Run.existing(path) for name, path in zip(names, paths, strict=True)}


def read_whole_run(run: Run, rows: list[dict[str, str]]) -> RunOnPage:
    try:
        return read_run(run, rows)
    except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(
            f"{run.config_file} is not what lfsc writes ({error!r}): it is damaged, or of another lfsc"
        ) from error


def read_run(run: Run, rows: list[dict[str, str]]) -> RunOnPage:
    config, environment, status = run.config(), run.environment(), run.status()
    best = best_value(rows, config["monitor"], config["mode"])
    packages = environment.get("packages", {})
    facts = {
        "recipe": environment.get("recipe"),
        "state": status and f"{status.effective_state}{status.message and ': '}{status.message}",
        "updates": status and f"{status.update} of {status.max_updates}",
        "hours of updates": f"{hours_of_updates(rows)[-1]:.2f}" if rows else None,
        "best": best and f"{config['monitor']} {best[0]:.4g} at update {best[1]}",
        "samples": "; ".join(line.partition(":")[2].strip() for line in describe_samples(run)),
        "data": config["data"].get("path"),
        "hash of the corpus' index": environment.get("data_index_sha256"),
        "started from": config["init_from"],
        "crops": f"{config['batch_size']} of {config['crop_length'] / config['sample_rate']:.2f} s per update",
        "precision": config["trainer"].get("precision"),
        "host": status and status.host,
        "packages": ", ".join(f"{name} {packages[name]}" for name in PACKAGES if name in packages),
        "revision": environment.get("git"),
    }
    commands = [shlex.join(map(str, command)) for command in environment.get("commands", [])]
    return RunOnPage({name: str(fact) for name, fact in facts.items() if fact}, as_yaml(config), commands)


def flatten(config: Any, place: str = "") -> dict[str, str]:
    """Every value by its dotted key."""
    if not isinstance(config, Mapping) or not config:
        return {place: str(config)}
    return {
        key: value
        for name, part in config.items()
        for key, value in flatten(part, f"{place}.{name}" if place else str(name)).items()
    }


def differences(configs: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """The keys in which configurations differ, with each one's value; empty text where it has none."""
    keys = dict.fromkeys(key for config in configs.values() for key in config)
    values = {key: [config.get(key, "") for config in configs.values()] for key in keys}
    return {key: found for key, found in values.items() if len(set(found)) > 1}
