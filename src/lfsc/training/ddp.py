"""Both networks on many devices."""

import os
from signal import SIGKILL
from typing import cast

from lightning.pytorch.overrides.distributed import prepare_for_backward
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from lfsc.distributed import STARTER, end_with
from lfsc.training.module import CodecModule


class GanDDPStrategy(DDPStrategy):
    """DDP that wraps each network by itself: a backward reduces only the gradients of the network that it trains.

    One wrapper around both would wait for gradients that never come, or with the detection of unused parameters reduce
    both networks' in every backward.
    """

    def __init__(self):
        # No buffer of ours changes: broadcasting them before each forward would be for nothing.
        super().__init__(broadcast_buffers=False, gradient_as_bucket_view=True)
        self.wrapped: dict[str, DistributedDataParallel] = {}

    def _configure_launcher(self) -> None:
        super()._configure_launcher()
        assert self.cluster_environment is not None  # as Lightning has it, too
        if not self.cluster_environment.creates_processes_externally:
            # This rank will start the others, by the same command and with this environment.
            os.environ[STARTER] = str(os.getpid())

    def setup_environment(self) -> None:
        if STARTER in os.environ and os.environ[STARTER] != str(os.getpid()):
            end_with(int(os.environ[STARTER]))
        super().setup_environment()

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
        for process in getattr(self.launcher, "procs", []):
            process.send_signal(SIGKILL)

    def teardown(self) -> None:
        self.wrapped = {}
        super().teardown()
