"""Workers that take trials from a study, one after the other, each on a device of its own."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.trial import TrialState

from lfsc.parallel import count_cpus
from lfsc.sweep.queue import PROCESS, REASON, ask, claim, find_orphans, reopen_trial
from lfsc.sweep.search_space import Space
from lfsc.sweep.study import Plan
from lfsc.sweep.trial import FAILED, FINISHED, POLL, STOPPED, STOPPING, Outcome, Process, TrialRun, stop

# Seconds between signs of life: several within HEARTBEAT_TIMEOUT, after which others take over.
BEAT = 30


class TrialWorkers:
    """Trains a study's trials until there are `plan.trials`; those that another sweep left behind come first."""

    def __init__(
        self,
        *,
        study: optuna.Study,
        plan: Plan,
        space: Space,
        folder: Path,
        count: int,
        say: Callable[[str], None],
        own_code: list[str] | None = None,
    ):
        self.study = study
        self.plan = plan
        self.space = space
        self.folder = folder
        self.count = count
        self.say = say
        self.own_code = own_code or []
        self.stopping = threading.Event()
        self.over = threading.Event()
        self.taking = threading.Lock()
        self.under_way: dict[int, optuna.Trial] = {}

    def run(self) -> bool:
        """Whether the sweep came to its end; False where a signal stopped it, with every trial's run saved."""
        signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
            signals.append(signal.SIGHUP)
        handlers = {number: signal.signal(number, self.stop) for number in signals}
        beating = threading.Thread(target=self.beat, daemon=True)
        beating.start()
        try:
            with ThreadPoolExecutor(self.count) as pool:
                for worker in [pool.submit(self.work, number) for number in range(self.count)]:
                    worker.result()
        finally:
            self.over.set()
            beating.join()
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return not self.stopping.is_set()

    def stop(self, *_) -> None:
        self.stopping.set()

    def beat(self) -> None:
        """Let other machines know that the trials under way are taken care of."""
        while not self.over.wait(BEAT):
            for trial in list(self.under_way.values()):
                # It may have ended this moment; and where its storage is out of reach, the next sign comes in time.
                with suppress(optuna.exceptions.OptunaError, OSError):
                    claim(trial)

    def work(self, worker: int) -> None:
        device = device_of(worker)
        while not self.stopping.is_set() and (trial := self.take()) is not None:
            try:
                self.train(trial, device)
            finally:
                del self.under_way[trial.number]

    def take(self) -> optuna.Trial | None:
        """The next trial; None where there are enough."""
        with self.taking:
            # After a step of the clock, its own ones seem to be of a process that ended.
            orphans = [each for each in find_orphans(self.study, self.folder) if each.number not in self.under_way]
            trial = reopen_trial(self.study, orphans[0]) if orphans else ask(self.study, self.plan)
            if trial is not None:
                claim(trial)
                self.under_way[trial.number] = trial
            return trial

    def train(self, trial: optuna.Trial, device: str | None) -> None:
        overrides = self.space.suggest(trial)
        run = TrialRun(
            folder=self.folder,
            number=trial.number,
            recipe=self.plan.recipe,
            overrides=overrides,
            own_code=self.own_code,
            column=self.plan.column,
            result=self.plan.value_of,
        )
        if PROCESS in trial.user_attrs:
            self.wait_for(Process(*trial.user_attrs[PROCESS]))
        if self.stopping.is_set():
            return
        process = run.start(device, threads=max(1, count_cpus() // self.count))
        try:
            trial.set_user_attr(PROCESS, [socket.gethostname(), process.pid, time.time()])
            self.say(f"trial {trial.number}: {' '.join(overrides)}")
            outcome = run.follow(
                process,
                report=lambda update, value: report_value(trial, update, value),
                reported=last_reported(self.study, trial),
                stopping=self.stopping,
            )
        except BaseException:
            # As where the storage is full. It would train on, and the next start could not resume it.
            stop(process)
            raise
        self.tell(trial, outcome)

    def wait_for(self, process: Process) -> None:
        """A killed sweep's process may still train: it is let finish."""
        while process.is_here and process.alive and not self.stopping.is_set():
            time.sleep(POLL)

    def tell(self, trial: optuna.Trial, outcome: Outcome) -> None:
        if outcome.state == STOPPING:  # still under way
            self.say(f"trial {trial.number}: saved and stopped; the next start of this sweep resumes it")
            return
        if self.study.get_trials(deepcopy=False)[trial.number].state.is_finished():
            self.say(f"trial {trial.number}: ended by another machine, which had no sign of life from this one")
            return
        if outcome.state == FAILED:
            trial.set_user_attr(REASON, outcome.reason)
            self.study.tell(trial, state=TrialState.FAIL)
        elif outcome.state == STOPPED:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            assert outcome.state == FINISHED
            self.study.tell(trial, outcome.value)
        value = "" if outcome.value is None else f", {self.plan.measured} {outcome.value:.4g}"
        self.say(f"trial {trial.number}: {outcome.state}{value}{outcome.reason and ', ' + outcome.reason}")


def report_value(trial: optuna.Trial, update: int, value: float) -> bool:
    """Note an intermediate value; whether the trial is not worth going on with, or was ended by another machine."""
    try:
        trial.report(value, update)
    except optuna.exceptions.UpdateFinishedTrialError:
        return True
    return trial.should_prune()


def last_reported(study: optuna.Study, trial: optuna.Trial) -> int:
    """The last update whose value the study has of a trial that is resumed; -1 for a new one."""
    reported = study.get_trials(deepcopy=False)[trial.number].last_step
    return -1 if reported is None else reported


def device_of(worker: int) -> str | None:
    """The GPU of a worker, as CUDA_VISIBLE_DEVICES names it; None on a machine without."""
    import torch

    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = listed.split(",") if listed else [str(i) for i in range(torch.cuda.device_count())]
    return names[worker % len(names)] if names else None
