"""lfsc resume RUN [key=value …]"""

import argparse
import sys
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from lfsc.commands.own_code import add_own_code, own_code_names

if TYPE_CHECKING:
    from lfsc.runs.directory import Run

# What a run was built of and trained on: its checkpoint would not fit, or mean, anything else. When the discriminators
# start is not what they are, and slm.path may say where the same model lies now.
FIXED = (
    *("name", "runs_root", "codec", "discriminators", "slm", "sample_rate", "seed", "init_from", "initialization"),
    *("freeze", "prepare_demo"),
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc resume", description="Resume a run exactly where it stopped.")
    parser.add_argument("run", help="the run's folder, such as runs/demo")
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="key=value",
        help="what changes from here on, such as max_updates=1000",
    )
    add_own_code(parser)
    options = parser.parse_intermixed_args(arguments)

    from lfsc.config.own_code import import_own
    from lfsc.runs.directory import Run

    trusted = import_own(own_code_names(options))
    return resume(Run.existing(options.run), options.overrides, trusted=trusted)


def resume(
    run: "Run", overrides: list[str], *, trusted: Collection[str] = (), loggers: Mapping[str, Any] | None = None
) -> int:
    """Resume a run; classes that are not lfsc's are built only if they, or their modules, are `trusted`.

    Loggers write outside the run where overrides or the user's own `loggers` say so.
    """
    from lfsc.config.checks import is_on_one_device
    from lfsc.config.instantiate import check_targets, targets_of
    from lfsc.config.run_config import check_is_current, check_places
    from lfsc.distributed import become_single_process
    from lfsc.runs.lock import lock

    begun = run.config()
    check_is_current(begun, run.path)
    config = change(begun, overrides)
    # Of what is built, all that the run itself names; what the overrides name is the user's own.
    check_targets(set(targets_of(begun)) & set(targets_of(config)), trusted=trusted)
    check_places(config, run.path, asked=overrides, own=loggers)
    tasks = become_single_process() if is_on_one_device(config["trainer"]) else 1
    with lock(run, tasks=tasks):
        return resume_locked(run, config, is_asked=bool(overrides), tasks=tasks)


def resume_locked(run: "Run", config: dict[str, Any], *, is_asked: bool, tasks: int) -> int:
    from lfsc.commands.run_result import report_run
    from lfsc.distributed import is_first
    from lfsc.runs.checkpoints import newest, update_of
    from lfsc.runs.lock import refuse_rivals
    from lfsc.runs.summary import resume_command

    config |= {"runs_root": str(run.path.parent), "name": run.path.name}
    checkpoint = newest(run.checkpoints)
    reached = update_of(checkpoint)
    status = run.status()
    # At the last update and not finished: it was killed before it could report that, and now does.
    if reached > config["max_updates"] or (run.is_finished() and (reached == config["max_updates"] or not is_asked)):
        state = "finished" if run.is_finished() else "already"
        reason = f", {status.message}" if status is not None and status.message else ""
        raise ValueError(f"{run.path} is {state} at update {reached}{reason}; `{resume_command(run, status)}` resumes")
    from lfsc.training.fit import train

    refuse_rivals(run, tasks)
    if is_first():
        print(f"resuming {run.path} from {checkpoint.name}", file=sys.stderr)
    train(config, run, checkpoint=checkpoint)
    return report_run(run)


def is_fixed(key: str, config: dict[str, Any]) -> bool:
    """Whether a run keeps what it was begun with."""
    if key == "slm.path":
        return "slm" not in config["discriminators"]
    return key.split(".")[0] in FIXED and key != "discriminators.start_at"


def change(config: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """The run's own configuration with overrides; ValueError for keys that it lacks or that a run keeps."""
    from lfsc.config.compose import drop_unused
    from lfsc.config.paths import with_absolute_paths
    from lfsc.config.run_config import override

    for item in overrides:
        key = item.partition("=")[0]
        if is_fixed(key, config):
            raise ValueError(
                f"{key} cannot change within a run; `lfsc train … init_from=RUN {item}` starts another from its weights"
            )
    return with_absolute_paths(drop_unused(override(config, overrides)))
