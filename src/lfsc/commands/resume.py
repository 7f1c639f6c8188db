"""lfsc resume RUN [key=value …]"""

import argparse
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from lfsc.commands.own_code import add_own_code, own_code_names

if TYPE_CHECKING:
    from lfsc.runs.directory import Run

# What a run was built of and trained on: its checkpoint would not fit, or mean, anything else.
FIXED = ("name", "runs_root", "codec", "discriminators", "slm", "sample_rate", "seed", "init_from", "prepare_demo")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc resume", description="Resume a run exactly where it stopped.")
    parser.add_argument("run", help="the run's folder, such as runs/demo")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="what changes from here on, such as max_updates=1000"
    )
    add_own_code(parser)
    options = parser.parse_intermixed_args(arguments)

    from lfsc.config.own_code import import_own
    from lfsc.runs.directory import Run

    trusted = import_own(own_code_names(options))
    return resume(Run.existing(options.run), options.overrides, trusted=trusted)


def resume(run: "Run", overrides: list[str], *, trusted: Collection[str] = ()) -> int:
    """Resume a run; classes that are not lfsc's are built only if they, or their modules, are `trusted`."""
    from lfsc.runs.lock import lock

    with lock(run):
        return resume_locked(run, overrides, trusted)


def resume_locked(run: "Run", overrides: list[str], trusted: Collection[str]) -> int:
    from lfsc.config.instantiate import check_targets
    from lfsc.config.run_config import check_is_current
    from lfsc.distributed import is_first
    from lfsc.runs.summary import report_and_exit_code, resume_command
    from lfsc.training.checkpoint_io import newest, update_of

    check_is_current(run.config(), run.path)
    config = change(run.config(), overrides)
    # Only what the run itself names: the overrides are the user's own.
    check_targets(run.config(), trusted=trusted)
    config |= {"runs_root": str(run.path.parent), "name": run.path.name}
    checkpoint = newest(run.checkpoints)
    reached = update_of(checkpoint)
    status = run.status()
    # At the last update and not finished: it was killed before it could report that, and now does.
    if reached > config["max_updates"] or (run.is_finished() and (reached == config["max_updates"] or not overrides)):
        state = "finished" if run.is_finished() else "already"
        reason = f", {status.message}" if status is not None and status.message else ""
        raise ValueError(f"{run.path} is {state} at update {reached}{reason}; `{resume_command(run, status)}` resumes")
    from lfsc.training.fit import train

    if is_first():
        print(f"resuming {run.path} from {checkpoint.name}", file=sys.stderr)
    train(config, run, checkpoint=checkpoint)
    return report_and_exit_code(run)


def change(config: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """The run's own configuration with overrides; ValueError for keys that it has not or that a run is made of."""
    from lfsc.config.run_config import override

    for item in overrides:
        key = item.partition("=")[0]
        if key.split(".")[0] in FIXED:
            raise ValueError(
                f"{key} cannot change within a run; `lfsc train … init_from=RUN {item}` starts another from its weights"
            )
    return override(config, overrides)
