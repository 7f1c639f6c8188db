"""Both networks on many devices."""

import os
import sys
import threading
import time
from signal import SIGKILL, strsignal
from subprocess import Popen
from typing import cast

from lightning.pytorch.overrides.distributed import prepare_for_backward
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from lfsc.distributed import STARTER, end_with
from lfsc.runs.summary import INTERRUPTED_EXIT
from lfsc.training.module import CodecModule

# Between two looks at the other ranks; and for this one to hear of a lost one by itself, and to say what it knows.
SECONDS, SECONDS_TO_HEAR = 1.0, 15.0


class GanDDPStrategy(DDPStrategy):
    """DDP that wraps each network by itself: a backward reduces only the gradients of the network that it trains.

    One wrapper around both would wait for gradients that never come, or with the detection of unused parameters reduce
    both networks' in every backward.
    """

    def __init__(self):
        # No buffer of ours changes: broadcasting them before each forward would be for nothing.
        super().__init__(broadcast_buffers=False, gradient_as_bucket_view=True)
        self.wrapped: dict[str, DistributedDataParallel] = {}
        self.started: list[Popen] = []  # the other ranks, where this one has started them

    def _configure_launcher(self) -> None:
        super()._configure_launcher()
        assert self.cluster_environment is not None  # as Lightning has it, too
        if not self.cluster_environment.creates_processes_externally:
            # This rank will start the others, by the same command and with this environment.
            os.environ[STARTER] = str(os.getpid())

    def setup_environment(self) -> None:
        if STARTER in os.environ and os.environ[STARTER] != str(os.getpid()):
            end_with(int(os.environ[STARTER]))
        self.watch_started()
        super().setup_environment()

    def watch_started(self) -> None:
        """Take the place of Lightning's observer: it kills this rank within 5 s of another's end by any status but 0.

        That is too soon for who has to say why, or after an interruption waits for W&B to have all.
        """
        procs = getattr(self.launcher, "procs", [])
        self.started = [*procs]
        procs.clear()  # which it looks at
        if self.started:
            threading.Thread(target=end_with_others, args=(self.started,), daemon=True).start()

    @property
    def codec_module(self) -> CodecModule:
        return cast(CodecModule, self.lightning_module)

    def configure_ddp(self) -> None:
        # Lightning's _setup_model would do it on another stream, where gradients would then be added up.
        options = {"device_ids": self.determine_ddp_device_ids(), **self._ddp_kwargs}
        networks = self.codec_module.networks
        self.wrapped = {name: DistributedDataParallel(network, **options) for name, network in networks.items()}

    def pre_backward(self, closure_loss: Tensor) -> None:
        # Without it a backward only adds to the gradients, as those of the earlier micro-batches should.
        completing = self.codec_module.completing
        if completing is not None:
            prepare_for_backward(self.wrapped[completing], closure_loss)

    def on_exception(self, exception: BaseException) -> None:
        super().on_exception(exception)
        # The ranks that this one started would wait for it in vain.
        for process in self.started:
            process.send_signal(SIGKILL)

    def teardown(self) -> None:
        self.wrapped = {}
        super().teardown()


def end_with_others(ranks: list[Popen]) -> None:
    """End this process where one of the `ranks` that it started has died, and it waits for that one in vain."""
    # The first that died is named: others that waited for it may fail as well.
    while not (died := find_died(ranks)):
        if all(rank.returncode is not None for rank in ranks):
            return
        time.sleep(SECONDS)
    time.sleep(SECONDS_TO_HEAR)
    number, code = died[0]
    how = f"by signal {-code} ({strsignal(-code)})" if code < 0 else f"with exit status {code}"
    print(f"lfsc train: rank {number} died, {how}; `lfsc resume` resumes from the last checkpoint", file=sys.stderr)
    for rank in ranks:
        rank.kill()
    os._exit(1)


def find_died(ranks: list[Popen]) -> list[tuple[int, int]]:
    """Numbers and exit codes of those that ended neither well nor by an interruption."""
    codes = ((number, rank.poll()) for number, rank in enumerate(ranks, 1))
    return [(number, code) for number, code in codes if code not in (None, 0, INTERRUPTED_EXIT)]
