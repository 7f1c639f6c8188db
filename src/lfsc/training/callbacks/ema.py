"""An average of the generator's weights over updates, which is often better than the last of them."""

from typing import Any

from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from lfsc.training.checkpoint_kinds import require_weights
from lfsc.training.module import CodecModule

# The checkpoint's key for the average; below it the names are those of the module, `codec.…`.
KEY = "ema"


class EMA(Callback):
    """Exponential moving average of the codec's weights: validated, listened to and exported in their place.

    Early on the average forgets faster than `decay` says, or the first weights would weigh too long.
    """

    def __init__(self, *, decay: float):
        if type(decay) is not float or not 0 < decay < 1:
            raise ValueError(f"ema_decay={decay}: expected a decay between 0 and 1, such as 0.999, or null for none")
        self.decay = decay
        self.average: dict[str, Tensor] = {}
        self.trained: list[Tensor] = []

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        current = weights(module)
        kept = self.average or current
        self.average = {name: kept[name].detach().to(value.device, copy=True) for name, value in current.items()}

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        decay = min(self.decay, (1 + module.updates) / (10 + module.updates))
        current = [value.detach() for value in weights(module).values()]
        get_ema_multi_avg_fn(decay)(list(self.average.values()), current, module.updates)

    def on_validation_start(self, trainer: Trainer, module: CodecModule) -> None:
        self.trained = [value.detach().clone() for value in weights(module).values()]
        copy_into(self.average.values(), module)

    def on_validation_end(self, trainer: Trainer, module: CodecModule) -> None:
        copy_into(self.trained, module)
        self.trained = []

    def on_save_checkpoint(self, trainer: Trainer, module: CodecModule, checkpoint: dict[str, Any]) -> None:
        checkpoint[KEY] = {name: value.cpu() for name, value in self.average.items()}

    def on_load_checkpoint(self, trainer: Trainer, module: CodecModule, checkpoint: dict[str, Any]) -> None:
        self.average = checkpoint.get(KEY, {})
        if self.average:
            require_weights(weights(module), self.average)


def weights(module: CodecModule) -> dict[str, Tensor]:
    return {f"codec.{name}": value for name, value in module.codec.named_parameters()}


def copy_into(values: Any, module: CodecModule) -> None:
    for value, place in zip(values, weights(module).values(), strict=True):
        place.detach().copy_(value)
