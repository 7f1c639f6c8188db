"""What a person watching the curves would say, said once."""

import logging
from collections import deque
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

logger = logging.getLogger(__name__)

RISING, FALLING_BEHIND, UNUSED = "validation mel", "discriminator", "codebooks"


class HealthChecks(Callback):
    """Warns, once a run and in words, of training that goes wrong although its numbers are finite.

    `discriminator_below` for `discriminator_updates` on end means that the generator no longer learns from it;
    `codebook_usage_below` of a codebook's tokens in a window of training, that part of the bitrate is wasted; a
    validation mel that rose `rises` times in a row, that the codec gets worse.
    """

    def __init__(
        self, *, discriminator_below: float, discriminator_updates: int, codebook_usage_below: float, rises: int
    ):
        self.discriminator_below = discriminator_below
        self.discriminator_updates = discriminator_updates
        self.codebook_usage_below = codebook_usage_below
        self.rises = rises
        self.low_since: int | None = None
        self.mels: deque[float] = deque(maxlen=rises + 1)
        self.said: list[str] = []

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_) -> None:
        if module.warmup.under_way:
            return
        if module.recorded_at == module.updates:
            self.watch_discriminator(module.recorded.get("train/discriminator"), module.updates)
            self.watch_codebooks(module.recorded.get("codebook/usage_of_worst"))
        if module.validated_at == module.updates:
            self.watch_mel(module.validation["val/mel"])

    def watch_discriminator(self, loss: float | None, update: int) -> None:
        if loss is None or loss >= self.discriminator_below:
            self.low_since = None
            return
        self.low_since = update if self.low_since is None else self.low_since
        if update - self.low_since >= self.discriminator_updates:
            self.say(
                FALLING_BEHIND,
                f"the discriminators win: their loss has been under {self.discriminator_below} since update "
                f"{self.low_since} and is {loss:.3g}; a lower optimizers.discriminators.lr or a larger "
                "discriminator_update_period gives the codec a chance",
            )

    def watch_codebooks(self, worst: float | None) -> None:
        if worst is not None and worst < self.codebook_usage_below:
            self.say(
                UNUSED,
                f"a codebook used only {worst:.1%} of its tokens in the last window of training: the latents hardly "
                "vary there. Early in a run that is common; later a lower learning rate or less adversarial weight "
                "may help",
            )

    def watch_mel(self, mel: float) -> None:
        self.mels.append(mel)
        values = list(self.mels)
        if len(values) > self.rises and values == sorted(values) and values[0] < values[-1]:
            self.say(
                RISING,
                f"the validation mel has risen {self.rises} times in a row, from {values[0]:.4g} to {values[-1]:.4g}: "
                "the best checkpoints are kept as best-*.ckpt; a lower learning rate may be due",
            )

    def say(self, what: str, words: str) -> None:
        if what not in self.said:
            self.said.append(what)
            logger.warning(words)

    def state_dict(self) -> dict[str, Any]:
        return {"low_since": self.low_since, "mels": list(self.mels), "said": list(self.said)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.low_since = state_dict["low_since"]
        self.mels.extend(state_dict["mels"])
        self.said = state_dict["said"]
