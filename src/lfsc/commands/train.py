"""lfsc train RECIPE [key=value …]"""

import argparse
import sys
from pathlib import Path
from typing import Any

from lfsc.commands.own_code import add_own_code, own_code_names

EPILOG = """\
Keys that most runs set: data.path, name, max_updates, validate_every, batch_size, num_workers, seed,
trainer=auto|cpu|ddp, trainer.precision, logger=csv|tensorboard|wandb, init_from.
`lfsc train RECIPE --show` prints all of them."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc train", description="Train a recipe.", epilog=EPILOG)
    parser.add_argument("recipe", help="a name in recipes/, or the path of a YAML file")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="what this run changes")
    parser.add_argument("--show", action="store_true", help="print the configuration and stop; as --cfg job")
    parser.add_argument("--cfg", choices=["job"], help=argparse.SUPPRESS)
    add_own_code(parser)
    parser.add_argument(
        "--continue",
        dest="resume",
        action="store_true",
        help="resume this run if it was interrupted, and show its result if it is finished",
    )
    parser.add_argument(
        "-m", "--multirun", action="store_true", help="train every combination of key=1,2, one after the other"
    )
    options = parser.parse_intermixed_args(arguments)

    from lfsc.config.compose import compose
    from lfsc.config.own_code import import_own

    show = options.show or options.cfg is not None
    if options.multirun:
        return train_grid(options.recipe, options.overrides, own_code=own_code_names(options), show=show)
    config = compose(options.recipe, options.overrides, missing_allowed=show)
    if show:
        print(as_yaml(config), end="")
        return 0
    import_own(own_code_names(options))
    return begin(config, recipe=options.recipe, may_resume=options.resume)


def as_yaml(config: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def train_grid(recipe: str, items: list[str], *, own_code: list[str], show: bool) -> int:
    """Train every combination of `key=1,2`s, one after the other, each in a process of its own; 1 if any fails."""
    import subprocess

    from lfsc.config.compose import compose
    from lfsc.sweep.search_space import parse
    from lfsc.sweep.trial import train_command

    grid = parse(items).grid
    if grid is None:
        raise ValueError("--multirun tries values, key=1,2; `lfsc sweep` tries ranges")
    rows = [[*parse(items).fixed, *(f"{key}={value}" for key, value in row.items())] for row in grid]
    configs = [compose(recipe, row, missing_allowed=show) for row in rows]
    if show:
        print("---\n".join(map(as_yaml, configs)), end="")
        return 0
    codes = []
    for number, (row, config) in enumerate(zip(rows, configs, strict=True)):
        name = f"{config['name']}/{number}"
        print(f"{name}: {' '.join(row)}", file=sys.stderr)
        codes.append(subprocess.call(train_command(recipe, [*row, f"name={name}"], own_code)))
    print(f"{codes.count(0)} of {len(codes)} runs finished: lfsc runs {config['runs_root']}/{config['name']}")
    return int(any(codes))


def begin(config: dict[str, Any], *, recipe: str, may_resume: bool) -> int:
    from lfsc.commands.resume import resume
    from lfsc.commands.run_result import report_run
    from lfsc.config.checks import check_counts
    from lfsc.config.instantiate import targets_of
    from lfsc.distributed import is_first
    from lfsc.runs.directory import Run
    from lfsc.runs.lock import lock

    # Before a corpus is made for what cannot be trained.
    check_counts(config)
    run = Run.named(config["runs_root"], config["name"])
    if may_resume and run.has_checkpoint():
        warn_of_changes(run.config(), config)
        return report_run(run) if run.is_finished() else resume(run, [], trusted=set(targets_of(config)))
    with lock(run):
        if is_first():
            run.refuse_if_begun()
            make_corpus(config)

        from lfsc.training.fit import train

        train(config, run, recipe=recipe)
        return report_run(run)


def warn_of_changes(begun: dict[str, Any], asked: dict[str, Any]) -> None:
    changed = [key for key in asked if asked[key] != begun.get(key)]
    if changed:
        print(
            f"lfsc train: the run resumes as it was begun; `lfsc resume` changes {', '.join(changed)}", file=sys.stderr
        )


def make_corpus(config: dict[str, Any]) -> None:
    """Synthesize the demo corpus where a recipe asks for it and data.path, a folder, is not there."""
    path = Path(config["data"]["path"])
    if not config["prepare_demo"] or "://" in config["data"]["path"] or (path / "index.json").exists():
        return
    from data_prep.__main__ import main as prepare

    if code := prepare(["demo", str(path)]):
        raise ValueError(f"python -m data_prep demo {path} ended with exit status {code}")
