"""The study behind a sweep: Optuna keeps the trials, and its storage is the queue that several machines may share."""

import os
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from lfsc.io.messages import describe, first_line
from lfsc.io.regular import open_regular
from lfsc.runs.metrics_rows import HIGHER_IS_BETTER
from lfsc.sweep.search_space import Space
from lfsc.sweep.trial import run_of

# Before an objective: the best value of a run counts, and not its last.
BEST = "best:"
# Attribute of a trial that tries again what another one failed with: the number of that one.
RETRIES = "retries"
# Seconds between attempts to open a database.
PAUSES = (0.5, 1.0, 2.0)


class Plan(NamedTuple):
    """What a sweep was asked to do; the same command means the same sweep."""

    recipe: str
    items: list[str]  # key=value and key=values
    objective: str
    direction: str
    trials: int
    sampler: str
    pruner: str

    @property
    def column(self) -> str:
        """The column of metrics.csv that ranks trials."""
        return self.objective.removeprefix(BEST)

    @property
    def measured(self) -> str:
        """The objective in words, such as: last val/mel."""
        return f"{'best' if self.objective.startswith(BEST) else 'last'} {self.column}"

    def value_of(self, values: list[float]) -> float:
        """A trial's result, of what its validations gave."""
        if not self.objective.startswith(BEST):
            return values[-1]
        return max(values) if self.direction == "maximize" else min(values)


def default_direction(objective: str) -> str:
    return "maximize" if objective.removeprefix(BEST).startswith(HIGHER_IS_BETTER) else "minimize"


def open_study(plan: Plan, space: Space, *, folder: Path, storage: str | None) -> optuna.Study:
    """The study of a sweep, begun or continued; ValueError where the folder's sweep is another."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    place = open_storage(storage, folder)
    begin = partial(
        optuna.create_study,
        study_name=folder.name,
        storage=place,
        sampler=sampler_of(plan, space),
        pruner=optuna.pruners.NopPruner() if plan.pruner == "none" else optuna.pruners.MedianPruner(),
        direction=StudyDirection[plan.direction.upper()],
        load_if_exists=True,
    )
    study = begin()
    is_another = study.user_attrs.get("plan") not in (None, asked_of(plan))
    if (is_another or len(study.get_trials()) >= plan.trials) and came_to_nothing(study, folder):
        # The first command was mistaken, and this one puts it right; or what it needs was not there, and now is.
        optuna.delete_study(study_name=folder.name, storage=place)
        study = begin()
    check_same(study, plan, folder)
    return study


def came_to_nothing(study: optuna.Study, folder: Path) -> bool:
    """Whether no trial gave a value, is under way, or left a checkpoint, from which another would resume."""
    return all(
        trial.state == TrialState.FAIL
        and not trial.intermediate_values
        and not run_of(folder, trial.number).has_checkpoint()
        for trial in study.get_trials()
    )


def asked_of(plan: Plan) -> dict[str, Any]:
    """What must be the same in every command of a sweep; the number of trials may grow."""
    return {key: value for key, value in plan._asdict().items() if key != "trials"}


def sampler_of(plan: Plan, space: Space) -> optuna.samplers.BaseSampler:
    if plan.sampler == "grid":
        assert space.grid is not None  # the command has seen to it
        return GridInOrder(space.grid)
    if plan.sampler == "random":
        return optuna.samplers.RandomSampler()
    # Trials under way count as bad ones, so that parallel workers do not all try the same.
    return optuna.samplers.TPESampler(constant_liar=True)


class GridInOrder(optuna.samplers.BaseSampler):
    """Each trial takes the combination of its place, so that machines which share a study cannot take the same."""

    def __init__(self, grid: list[dict[str, str]]):
        self.grid = grid

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, Any]:
        return {}

    def sample_relative(self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, Any]) -> dict[str, Any]:
        return {}

    def sample_independent(self, study: optuna.Study, trial: FrozenTrial, param_name: str, _: Any) -> str:
        return self.grid[place_of(trial, study) % len(self.grid)][param_name]


def place_of(trial: FrozenTrial | optuna.Trial, study: optuna.Study) -> int:
    """How many others were asked before a trial; those that try again do not count."""
    return count_asked(study.get_trials(deepcopy=False)[: trial.number])


def count_asked(trials: list[FrozenTrial]) -> int:
    return sum(RETRIES not in trial.user_attrs for trial in trials)


def open_storage(storage: str | None, folder: Path) -> Any:
    """A database by its URL; otherwise a journal in a file, which needs no server and stands network file systems."""
    if storage is not None and "://" in storage:
        return open_database(storage)
    # Absolute, as a lock is a link to it, and Optuna waits for ever for one that leads nowhere.
    path = (Path(storage) if storage is not None else folder / "study.journal").absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        remove_lost_lock(path)
        cut_torn_line(path)
    try:
        return optuna.storages.JournalStorage(JournalFileBackend(str(path)))
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        raise ValueError(
            f"{path} is damaged, or no journal of Optuna's ({describe(error)}): name=… begins another sweep"
        ) from error


def remove_lost_lock(path: Path) -> None:
    """Remove the lock that a killed process has left on a journal which was moved since then."""
    lock = Path(JournalFileSymlinkLock(str(path))._lock_file)
    if lock.is_symlink() and not lock.exists():
        lock.unlink(missing_ok=True)


def cut_torn_line(path: Path) -> None:
    """Forget what a kill or a full disk has left of a journal's last line: the next one would become a part of it."""
    lock = JournalFileSymlinkLock(str(path))
    lock.acquire()
    try:
        with open_regular(path) as file:
            content = file.read()
        if (whole := content.rfind(b"\n") + 1) < len(content):
            os.truncate(path, whole)
    finally:
        lock.release()


def open_database(url: str) -> Any:
    for pause in (*PAUSES, None):
        try:
            return optuna.storages.RDBStorage(url)
        except (SQLAlchemyError, ImportError) as error:
            # Machines that begin at the same time all make the tables, and all but one fail.
            if pause is None or isinstance(error, ImportError | ArgumentError):
                raise ValueError(f"the database of storage=… cannot be opened: {first_line(error)}") from error
            time.sleep(pause)
    raise AssertionError("the last pause is None")


def check_same(study: optuna.Study, plan: Plan, folder: Path) -> None:
    """ValueError where a sweep was begun by another command."""
    asked = asked_of(plan)
    begun = study.user_attrs.get("plan")
    if begun is None:
        study.set_user_attr("plan", asked)
    elif begun != asked:
        before = begun if isinstance(begun, dict) else {}
        changed = [f"{key} was {before.get(key)} and is {asked[key]}" for key in asked if asked[key] != before.get(key)]
        raise ValueError(f"{folder} is another sweep: {'; '.join(changed)}; choose another name=…")
