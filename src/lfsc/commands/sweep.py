"""lfsc sweep RECIPE key=1,2 'other=log(1e-5,1e-3)' objective=val/mel trials=20"""

import argparse
import sys
from pathlib import Path
from typing import Any

from lfsc.commands.own_code import add_own_code, make_reader, own_code_names

DESCRIPTION = """\
Train a recipe many times and find out what is best. key=1,2,3 tries values, key=log(1e-5,1e-3) and key=uniform(0,1)
numbers between two, key=int(1,8) whole numbers; key=value holds for all trials. The same command resumes a sweep that
was stopped or killed; on other machines, with the same storage, it takes part."""
EPILOG = """\
The sweep's own keys: objective=COLUMN of metrics.csv (val/mel), by whose last value trials are ranked, or
objective=best:COLUMN by its best; trials=N (all combinations, or 20), workers=N at once
(1; num_workers sets the loader's), name=NAME (the recipe's; the sweep is sweeps/NAME), storage=URL or file
(sweeps/NAME/study.journal), sampler=tpe|random|grid (grid where there are only values), pruner=median|none,
direction=minimize|maximize, retry_failed=true (each trial that failed before is tried once more)."""
OWN = ("objective", "trials", "workers", "name", "storage", "sampler", "pruner", "direction", "retry_failed")
TRIALS = 20


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc sweep", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("recipe", help="a name in recipes/, or the path of a YAML file")
    parser.add_argument("items", nargs="+", metavar="key=value", help="what varies, what is fixed, how to sweep")
    add_own_code(parser)
    options = parser.parse_intermixed_args(arguments)

    from lfsc.config.overrides import check_assignments, parse_overrides
    from lfsc.config.recipes import find_recipe
    from lfsc.config.scalars import as_text

    check_assignments(options.items)
    own = {
        each.key: str(as_text(each.value))
        for each in parse_overrides([item for item in options.items if item.partition("=")[0] in OWN])
    }
    items = [item for item in options.items if item.partition("=")[0] not in OWN]
    recipe = str(find_recipe(options.recipe)) if options.recipe.endswith((".yaml", ".yml")) else options.recipe
    return sweep(recipe, items, own, own_code=own_code_names(options))


def sweep(recipe: str, items: list[str], own: dict[str, str], *, own_code: list[str]) -> int:
    from lfsc.config.compose import compose
    from lfsc.config.overrides import as_override
    from lfsc.config.own_code import import_own
    from lfsc.runs.summary import INTERRUPTED_EXIT
    from lfsc.sweep.queue import retry_failed
    from lfsc.sweep.search_space import parse
    from lfsc.sweep.study import open_study
    from lfsc.sweep.workers import TrialWorkers

    import_own(own_code)
    space = parse(items)
    if not space.varied:
        raise ValueError("nothing varies: give a key several values, key=1,2, or a range, key=log(1e-5,1e-3)")
    plan = make_plan(recipe, items, own, space.grid)
    count = whole_number(own, "workers", 1)
    folder = Path("sweeps") / own.get("name", Path(recipe).stem)
    read_architecture = make_reader(own_code)
    for overrides in space.examples:
        compose(recipe, [*overrides, as_override("name", folder.name)], read_architecture=read_architecture)
    retries = one_of(own.get("retry_failed", "false"), "retry_failed", ("true", "false")) == "true"
    study = open_study(plan, space, folder=folder, storage=own.get("storage"))
    if retries:
        retry_failed(study)
    workers = TrialWorkers(
        study=study,
        plan=plan,
        space=space,
        own_code=own_code,
        folder=folder,
        count=count,
        say=lambda text: print(text, file=sys.stderr),
    )
    if not workers.run():
        print(f"stopped; the same command resumes {folder}", file=sys.stderr)
        return INTERRUPTED_EXIT
    return show(study, plan, space, folder, read_architecture)


def make_plan(recipe: str, items: list[str], own: dict[str, str], grid: list[Any] | None) -> Any:
    from lfsc.sweep.study import Plan, default_direction

    objective = own.get("objective", "val/mel")
    plan = Plan(
        recipe=recipe,
        items=sorted(items),
        objective=objective,
        direction=own.get("direction", default_direction(objective)),
        trials=whole_number(own, "trials", TRIALS if grid is None else len(grid)),
        sampler=own.get("sampler", "tpe" if grid is None else "grid"),
        pruner=own.get("pruner", "median"),
    )
    for key, known in (
        ("direction", ("minimize", "maximize")),
        ("sampler", ("tpe", "random", "grid")),
        ("pruner", ("median", "none")),
    ):
        one_of(getattr(plan, key), key, known)
    if plan.sampler != "grid":
        return plan
    if grid is None:
        raise ValueError("sampler=grid: ranges have no grid; list values, key=1,2, or take sampler=tpe")
    return plan._replace(trials=min(plan.trials, len(grid)))


def one_of(word: str, key: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise ValueError(f"{key}={word}: expected {' or '.join(known)}")
    return word


def whole_number(own: dict[str, str], key: str, default: int) -> int:
    text = own.get(key, str(default))
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"{key}={text}: expected a whole number from 1 on")
    return int(text)


def show(study: Any, plan: Any, space: Any, folder: Path, read_architecture: Any) -> int:
    """Print and write what came out; 0 if any trial came to its end."""
    from optuna.trial import TrialState

    from lfsc.io.messages import say_count
    from lfsc.io.tables import make_console, print_table
    from lfsc.sweep.queue import find_failed
    from lfsc.sweep.report import best_command, results_table, write_best, write_page

    console = make_console()
    print_table(results_table(study, plan), console)
    if not study.get_trials(states=[TrialState.COMPLETE]):
        print(f"no trial came to its end; {folder}/*/log.txt tell why; name=… begins another sweep", file=sys.stderr)
        return 1
    write_best(study, plan, space, folder, read_architecture=read_architecture)
    console.print(f"best:  {best_command(study, folder)}", soft_wrap=True)
    console.print(f"plots: {write_page(study, plan, folder)}", soft_wrap=True)
    if failed := find_failed(study):
        print(f"{say_count(len(failed), 'trial')} failed: retry_failed=true tries again", file=sys.stderr)
    return 0
