"""Signals that ask a run to stop: all its ranks do so after an update, with a checkpoint."""

import signal
import sys
import threading
from signal import SIGHUP, SIGINT, SIGTERM, SIGUSR1
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

# Slurm sends SIGTERM when it preempts a job and what --signal names before a time limit; people send SIGINT, and a
# terminal that is closed SIGHUP.
SIGNALS = (SIGTERM, SIGUSR1, SIGINT, SIGHUP)


class Preemption(Callback):
    """Stops the run after the update in which it was signalled; `received` is then the signal, else 0.

    Several ranks ask each other during the update that follows, and stop after that one.
    """

    def __init__(self):
        self.received = 0
        self.signalled = 0  # the same of this rank alone
        self.group: Any = None
        self.question: tuple[Any, torch.Tensor] | None = None  # what all ranks are asking, and where the answer will be

    def setup(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        if trainer.world_size > 1 and torch.distributed.get_backend() != "gloo":
            # By way of the hosts: over the GPUs, each question would be one more thing for them to wait for.
            self.group = torch.distributed.new_group(backend="gloo")
        self.replace_lightnings(trainer)
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                # Under nohup a closed terminal is nothing to hear of.
                if number != SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, self.note_signal)

    def replace_lightnings(self, trainer: Trainer) -> None:
        """Take the place of its handlers, which wait for other ranks inside a handler, and ask the GPU every update."""
        connector = trainer._signal_connector
        # Its teardown gives them back, after errors too.
        connector._original_handlers = connector._get_current_signal_handlers()
        connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
        trainer.fit_loop.epoch_loop._broadcast_sigterm_tensor = lambda: None  # type: ignore[method-assign]

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        # The loader's workers are born with the first batch and keep them blocked: a signal to the whole job must not
        # end them before the checkpoint has their positions.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, *_) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def note_signal(self, number: int, _) -> None:
        if self.signalled and number == SIGINT:
            raise KeyboardInterrupt
        self.signalled = number
        if number == SIGINT:
            print("\nstopping after this update, with a checkpoint; once more stops at once", file=sys.stderr)

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_) -> None:
        self.received = self.signalled if trainer.world_size == 1 else self.agree()
        if self.received:
            trainer.should_stop = True

    def agree(self) -> int:
        """The signal that any rank had received when this was called last; meanwhile there was an update to compute.

        A question passes every rank twice, one after the other: who waited for the answer would add to each update.
        """
        answer = self.answer()
        received = torch.tensor(self.signalled)
        asking = torch.distributed.all_reduce(
            received, op=torch.distributed.ReduceOp.MAX, group=self.group, async_op=True
        )
        self.question = asking, received
        return answer

    def answer(self) -> int:
        if self.question is None:
            return 0
        (asking, received), self.question = self.question, None
        asking.wait()
        return int(received)

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        # All ranks have asked a last time, and none may leave before the others have heard.
        self.answer()

    def teardown(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def on_exception(self, trainer: Trainer, module: LightningModule, exception: BaseException) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
