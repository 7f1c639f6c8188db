"""The trials of a study as a queue, which several machines may share: who takes which, and whose sweep is gone."""

import os
import socket
import time
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from lfsc.runs.status import HEARTBEAT_TIMEOUT
from lfsc.sweep.study import RETRIES, Plan, count_asked, place_of
from lfsc.sweep.trial import Process, run_of

# Attributes of a trial: the sweep that takes care of it and when it last said so, its own process, why it failed.
OWNER, PROCESS, REASON = "owner", "process", "reason"


def claim(trial: optuna.Trial) -> None:
    """Say that this process takes care of a trial, and is alive."""
    trial.set_user_attr(OWNER, [socket.gethostname(), os.getpid(), time.time()])


def find_orphans(study: optuna.Study, folder: Path) -> list[FrozenTrial]:
    """Trials under way whose sweep is gone."""
    return [trial for trial in study.get_trials(states=[TrialState.RUNNING]) if is_orphan(trial, folder)]


def is_orphan(trial: FrozenTrial, folder: Path) -> bool:
    if OWNER not in trial.user_attrs:  # its sweep was killed in the moment of asking, or is asking now
        begun = trial.datetime_start
        return begun is not None and time.time() - begun.timestamp() > HEARTBEAT_TIMEOUT
    owner = Process(*trial.user_attrs[OWNER])
    if owner.is_here:
        return not owner.alive
    # Another machine's, which need not share its folders with this one; where it does, its run may outlive its sweep.
    status = run_of(folder, trial.number).status()
    return time.time() - owner.since > HEARTBEAT_TIMEOUT and (status is None or not status.alive)


def reopen_trial(study: optuna.Study, trial: FrozenTrial) -> optuna.Trial:
    """A trial under way, to be resumed."""
    return optuna.Trial(study, trial._trial_id)


def ask(study: optuna.Study, plan: Plan) -> optuna.Trial | None:
    """The next trial, of which those that try again come first; None where there are enough."""
    trials = study.get_trials(deepcopy=False)
    if count_asked(trials) >= plan.trials and not any(trial.state == TrialState.WAITING for trial in trials):
        return None
    trial = study.ask()
    if trial.user_attrs.get(RETRIES) in {each.user_attrs.get(RETRIES) for each in trials[: trial.number]} - {None}:
        # Another machine queued the same at the same time.
        study.tell(trial, state=TrialState.FAIL)
        return ask(study, plan)
    if RETRIES in trial.user_attrs or place_of(trial, study) < plan.trials:
        return trial
    # Another machine asked at the same time.
    study.tell(trial, state=TrialState.FAIL)
    return None


def find_failed(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that failed and that no other one tries again."""
    trials = study.get_trials(deepcopy=False)
    retried = {trial.user_attrs.get(RETRIES) for trial in trials}
    return [
        trial
        for trial in trials
        if trial.state == TrialState.FAIL and OWNER in trial.user_attrs and trial.number not in retried
    ]


def retry_failed(study: optuna.Study) -> None:
    """Queue the values of each trial that failed, and that no other one tries again, once more."""
    for trial in find_failed(study):
        study.enqueue_trial(trial.params, user_attrs={RETRIES: trial.number})


def ended_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that came to an end of some kind."""
    trials = study.get_trials(states=[TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL])
    return [trial for trial in trials if OWNER in trial.user_attrs]
