"""What a person watching the curves would say, said once."""

import logging
from collections import Counter, deque
from typing import Any

from lightning.pytorch import Callback, Trainer

from lfsc.training.module import CodecModule

logger = logging.getLogger(__name__)

RISING, FALLING_BEHIND, UNUSED = "validation mel", "discriminator", "codebooks"
STILL, EXPLODING = "gradient", "exploding discriminator"
ROWS = 3  # of the log, in which these two are seen: a single batch may be of nothing but pauses
EXPLODED = 10.0  # the discriminators' loss, which is 0.25 where they guess


class HealthChecks(Callback):
    """Warns, once a run and in words, of training that goes wrong although its numbers are finite.

    `discriminator_below` for `discriminator_updates` consecutive updates means that the codec learns nothing from it;
    `codebook_usage_below` of a codebook's tokens in a window of training, that part of the bitrate is wasted; a
    validation mel that rose `mel_rises` consecutive times, that the codec gets worse; a gradient of exactly 0, that it
    stays as it is; a discriminator's loss far above guessing, that it learns noise.
    """

    def __init__(
        self, *, discriminator_below: float, discriminator_updates: int, codebook_usage_below: float, mel_rises: int
    ):
        self.discriminator_below = discriminator_below
        self.discriminator_updates = discriminator_updates
        self.codebook_usage_below = codebook_usage_below
        self.mel_rises = mel_rises
        self.low_since: int | None = None
        self.rows: Counter[str] = Counter()
        self.mels: deque[float] = deque(maxlen=mel_rises + 1)
        self.warned: list[str] = []

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        if module.warmup.under_way or not trainer.is_global_zero:
            return
        if module.recorded_at == module.updates:
            self.check_discriminator(module.recorded.get("train/discriminator"), module.updates)
            self.check_explosion(module.recorded.get("train/discriminator"))
            self.check_codebooks(module.recorded.get("codebook/usage_min"))
            self.check_gradient(module.recorded.get("grad_norm/generator"))
        if module.validated_at == module.updates:
            self.check_mel(module.validation["val/mel"])

    def check_discriminator(self, loss: float | None, update: int) -> None:
        if loss is None or loss >= self.discriminator_below:
            self.low_since = None
            return
        self.low_since = update if self.low_since is None else self.low_since
        if update - self.low_since >= self.discriminator_updates:
            self.warn(
                FALLING_BEHIND,
                f"the discriminators win: their loss has been under {self.discriminator_below} since update "
                f"{self.low_since} and is {loss:.3g}; a lower optimizers.discriminators.lr or a larger "
                "discriminator_update_period gives the codec a chance",
            )

    def check_codebooks(self, worst: float | None) -> None:
        if worst is not None and worst < self.codebook_usage_below:
            self.warn(
                UNUSED,
                f"a codebook used only {worst:.1%} of its tokens in the last window of training: the latents hardly "
                "vary there. Early in a run that is common; later a lower learning rate or less adversarial weight "
                "may help",
            )

    def check_explosion(self, loss: float | None) -> None:
        if loss is not None and self.lasts(EXPLODING, loss > EXPLODED):
            self.warn(
                EXPLODING,
                f"the discriminators explode: their loss is {loss:.3g}, where 0.25 is guessing; a lower "
                "optimizers.discriminators.lr, or its clip_norm, from a checkpoint before may help",
            )

    def check_gradient(self, norm: float | None) -> None:
        if norm is not None and self.lasts(STILL, norm == 0):
            self.warn(
                STILL,
                f"the codec learns nothing: its gradient was 0 in the last {ROWS} rows of metrics.csv, as where all "
                "that it gives is silence or at full scale. Recordings that are far too quiet do that (speech is "
                "recorded at -30 to -14 dB RMS), and a learning rate that is far too high",
            )

    def lasts(self, what: str, is_so: bool) -> bool:
        """Whether this is the last of ROWS rows in a row of which something is so; rows that lack it are not asked."""
        self.rows[what] = self.rows[what] + 1 if is_so else 0
        return self.rows[what] == ROWS

    def check_mel(self, mel: float) -> None:
        self.mels.append(mel)
        values = list(self.mels)
        if len(values) > self.mel_rises and values == sorted(values) and values[0] < values[-1]:
            self.warn(
                RISING,
                f"the validation mel has risen {self.mel_rises} consecutive times, from {values[0]:.4g} to "
                f"{values[-1]:.4g}: the best checkpoints are kept as best-*.ckpt; a lower learning rate may be due",
            )

    def warn(self, what: str, words: str) -> None:
        if what not in self.warned:
            self.warned.append(what)
            logger.warning(words)

    def state_dict(self) -> dict[str, Any]:
        return {"low_since": self.low_since, "mels": list(self.mels), "warned": list(self.warned)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.low_since = state_dict["low_since"]
        self.mels.extend(state_dict["mels"])
        self.warned = state_dict["warned"]
