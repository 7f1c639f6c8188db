"""lfsc train RECIPE [key=value …]"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfsc.commands.own_code import add_own_code, make_reader, own_code_names

if TYPE_CHECKING:
    from lfsc.runs.directory import Run

SECONDS = 0.5  # between two looks at what another rank makes

EPILOG = """\
Keys that most runs set: data.path, name, max_updates, validate_every, batch_size, num_workers, seed,
trainer=auto|cpu|ddp, trainer.precision, logger=csv|tensorboard|wandb, init_from.
`lfsc train RECIPE --show` prints all of them."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc train", description="Train a recipe.", epilog=EPILOG)
    parser.add_argument("recipe", help="a name in recipes/, or the path of a YAML file")
    parser.add_argument("overrides", nargs="*", default=[], metavar="key=value", help="what this run changes")
    parser.add_argument("--show", action="store_true", help="print the configuration and stop; as --cfg job")
    parser.add_argument("--cfg", choices=["job"], help=argparse.SUPPRESS)
    add_own_code(parser)
    parser.add_argument(
        "--continue",
        dest="resume",
        action="store_true",
        help="resume this run if it was interrupted; show its result if it is finished, or how it gets more updates",
    )
    parser.add_argument(
        "-m", "--multirun", action="store_true", help="train every combination of key=1,2, one after the other"
    )
    options = parser.parse_intermixed_args(arguments)

    from lfsc.config.compose import compose
    from lfsc.config.own_code import import_own
    from lfsc.config.paths import with_absolute_paths
    from lfsc.config.recipe_file import as_yaml

    show = options.show or options.cfg is not None
    if options.multirun:
        from lfsc.commands.train_grid import train_grid

        return train_grid(options.recipe, options.overrides, own_code=own_code_names(options), show=show)
    read_architecture = make_reader(own_code_names(options))
    config = compose(options.recipe, options.overrides, missing_allowed=show, read_architecture=read_architecture)
    if show:
        print(as_yaml(config), end="")
        return 0
    trusted = import_own(own_code_names(options))
    return begin(with_absolute_paths(config), recipe=options.recipe, may_resume=options.resume, trusted=trusted)


def begin(config: dict[str, Any], *, recipe: str, may_resume: bool, trusted: list[str]) -> int:
    from lfsc.commands.resume import resume
    from lfsc.commands.run_result import report_run
    from lfsc.config.checks import check_counts, is_on_one_device
    from lfsc.config.instantiate import targets_of
    from lfsc.distributed import become_single_process, is_first
    from lfsc.runs.directory import Run
    from lfsc.runs.lock import lock, refuse_rivals

    # Before a corpus is made for what cannot be trained.
    check_counts(config)
    if config["cuda_graphs"]:
        from lfsc.training.cuda_graphs import check_cuda_graphs

        check_cuda_graphs(config)
    run = Run.named(config["runs_root"], config["name"])
    if may_resume and run.has_checkpoint():
        refuse_more_updates(run, config["max_updates"])
        warn_of_changes(run, config)
        if run.is_finished():
            return report_run(run)
        return resume(run, [], trusted=set(targets_of(config)), loggers=config["logger"])
    tasks = become_single_process() if is_on_one_device(config["trainer"]) else 1
    with lock(run, tasks=tasks):
        if is_first():
            run.refuse_if_begun()
        with note_failure(run, config["max_updates"]):
            if is_first():
                make_corpus(config)
            else:
                await_corpus(config, run)

            from lfsc.training.fit import train

            refuse_rivals(run, tasks)
            train(config, run, recipe=recipe, trusted=trusted)
        return report_run(run)


@contextmanager
def note_failure(run: "Run", max_updates: int) -> Iterator[None]:
    """Leave in the run's folder how it ended, for `lfsc runs`, also before there is a configuration."""
    from lfsc.distributed import is_first
    from lfsc.io.messages import one_line
    from lfsc.runs.status import FAILED, INTERRUPTED, RUNNING

    if is_first():
        run.write_status(RUNNING, 0, max_updates)
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        state, reason = (INTERRUPTED, "") if isinstance(error, KeyboardInterrupt) else (FAILED, one_line(error))
        # Where the disk is full, that is what went wrong: `error` says more.
        with suppress(OSError):
            if is_first() and (status := run.status()) is not None and status.state not in (FAILED, INTERRUPTED):
                run.write_status(state, status.update, max_updates, reason)
        raise


def refuse_more_updates(run: "Run", wanted: int) -> None:
    """ValueError, which says what to do, where a finished run is asked for more than it was begun with."""
    from lfsc.io.messages import as_word
    from lfsc.runs.summary import option_for_code

    if run.is_finished() and wanted > (before := run.config()["max_updates"]):
        command = f"lfsc resume {as_word(run.path)} max_updates={wanted}{option_for_code(run, run.config())}"
        raise ValueError(f"{run.path} is finished with max_updates={before}: `{command}` continues it")


def warn_of_changes(run: "Run", asked: dict[str, Any]) -> None:
    """Name the settings of the command that are not the run's, which keeps its own."""
    from lfsc.commands.resume import is_fixed
    from lfsc.config.run_config import without_copies

    begun = run.config()
    # The two found the run, however they were written.
    changed = [
        key for key in without_copies(list(changed_keys(begun, asked)), asked) if key not in ("name", "runs_root")
    ]
    free, fixed = ([key for key in changed if is_fixed(key, begun) == fixes] for fixes in (False, True))
    ways = [
        *([f"`lfsc resume` changes {', '.join(free)}"] if free else []),
        *([f"name=… begins another run with this {', '.join(fixed)}"] if fixed else []),
    ]
    if ways:
        verb = "ended" if run.is_finished() else "resumes"
        print(f"lfsc train: the run {verb} as it was begun; {'; '.join(ways)}", file=sys.stderr)


def changed_keys(begun: dict[str, Any], asked: dict[str, Any], section: str = "") -> Iterator[str]:
    for name, value in asked.items():
        key, before = f"{section}{name}", begun.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            yield from changed_keys(before, value, f"{key}.")
        elif value != before:
            yield key


def make_corpus(config: dict[str, Any]) -> None:
    """Synthesize the demo corpus where a recipe asks for it and data.path is not there; ValueError for other data."""
    from lfsc.io.messages import as_word

    if not lacks_corpus(config):
        return
    path = Path(config["data"]["path"])
    # A demo corpus that was interrupted is finished.
    if path.is_dir() and any(path.iterdir()) and not (path / "demo").is_dir():
        raise ValueError(
            f"data.path={path} is no prepared corpus: `python -m data_prep folder {as_word(path)} OUT` makes one of "
            "recordings, for data.path=OUT"
        )
    from data_prep.__main__ import main as prepare

    print(f"{path} is not there: speech is synthesized into it (prepare_demo=false refuses)", file=sys.stderr)
    if code := prepare(["demo", str(path)]):
        raise ValueError(f"python -m data_prep demo {path} ended with exit status {code}")


def await_corpus(config: dict[str, Any], run: "Run") -> None:
    """Wait while the first rank makes the corpus, before the ranks have met; ValueError where it fails."""
    from lfsc.runs.status import FAILED, start_of

    began = start_of(os.getpid()) or 0.0
    while lacks_corpus(config):
        status = run.status()
        # Not that of an earlier start.
        if status is not None and status.state == FAILED and status.last_heartbeat > began:
            raise ValueError(f"another rank failed: {status.message}")
        time.sleep(SECONDS)


def lacks_corpus(config: dict[str, Any]) -> bool:
    """Whether the recipe asks for the demo corpus, and its index, which comes last, is not there."""
    from lfsc.shards import index

    path = config["data"]["path"]
    return config["prepare_demo"] and "://" not in path and not (Path(path) / index.NAME).exists()
