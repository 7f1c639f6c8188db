"""Callbacks of a resumed run whose configuration says something new of them."""

from lightning.pytorch import Callback, Trainer

from lfsc.io.restoring import taking_back
from lfsc.training.kept_state import require_alike
from lfsc.training.module import CodecModule
from lfsc.training.own_callbacks import callback_settings


class ResumedCallbacks(Callback):
    """Lets the user's own callbacks, by their names, begin anew where their settings have changed.

    Otherwise a checkpoint would give them the old ones back: EarlyStopping keeps its patience there.
    """

    def __init__(self, callbacks: dict[str, Callback]):
        self.callbacks = callbacks

    def on_load_checkpoint(self, trainer: Trainer, module: CodecModule, checkpoint: dict) -> None:
        with taking_back("config.callbacks"):
            before, now = callback_settings(checkpoint["config"]), callback_settings(module.config)
        for name, callback in self.callbacks.items():
            # Not left to Lightning, which would not say whose it is.
            state = checkpoint["callbacks"].pop(callback.state_key, None)
            if state is not None and before.get(name) == now[name]:
                require_alike(state, callback, f"callbacks.{name}")
                with taking_back(f"state of callbacks.{name}"):
                    callback.load_state_dict(state)
