"""Whether a run resumes with the frozen networks that it began with: their weights are in no checkpoint."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from lfsc.discriminators.frozen import Frozen
from lfsc.io.restoring import taking_back


class FrozenNetworks(Callback):
    """Keeps a digest of each, such as WavLM, in the checkpoint; ValueError for a checkpoint of a run with others.

    slm.path may name another model since, and a model of a hub may have changed.
    """

    def on_save_checkpoint(self, trainer: Trainer, module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["frozen_networks"] = digests(module)

    def on_load_checkpoint(self, trainer: Trainer, module: LightningModule, checkpoint: dict[str, Any]) -> None:
        with taking_back("frozen networks"):
            begun = checkpoint["frozen_networks"]
            others = [name for name, digest in digests(module).items() if begun[name] != digest]
        if others:
            raise ValueError(
                f"the frozen {others[0]} has other weights than the run began with: the model of slm.path, or of a "
                "loss, has changed; resume with the one of then"
            )


def digests(module: LightningModule) -> dict[str, str]:
    """The digest of each frozen network, by its name."""
    return {name: part.digest for name, part in module.named_modules() if isinstance(part, Frozen)}
