"""A model of one weight trained on a CodecDataModule, as a script: FOLDER CHECKPOINT LOG WORKERS UPDATES."""

import hashlib
import sys
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from lfsc.data.blend import Blend
from lfsc.data.filters import Filter
from lfsc.training.datamodule import CodecDataModule


def data(path, **changes) -> CodecDataModule:
    settings = {
        "path": str(path),
        "sample_rate": 22050,
        "crop_length": 4096,
        "batch_size": 4,
        "num_workers": 0,
        "seed": 0,
        "crops_per_clip": 1,
        "min_duration": 0.4,
        "max_skipped_fraction": 0.05,
        "val_crop_length": 4096,
        "max_val_clips": 4,
        "blend": Blend(alpha=1.0, weights=None),
        "filter": Filter(languages=None, seconds=None, bandwidth=None),
    }
    return CodecDataModule(**settings | changes)


class Toy(LightningModule):
    """Writes a line about each batch: the update, a digest of the audio, the keys."""

    def __init__(self, log: Path):
        super().__init__()
        self.automatic_optimization = False
        self.weight = torch.nn.Linear(1, 1)
        self.updates = 0
        self.log_path = log

    def training_step(self, batch, batch_idx):
        optimizer = self.optimizers()
        optimizer.zero_grad()
        self.manual_backward(self.weight(batch.audio[:, :1]).mean())
        optimizer.step()
        digest = hashlib.sha256(batch.audio.numpy().tobytes()).hexdigest()[:16]
        with self.log_path.open("a") as log:
            log.write(f"{self.updates} {digest} {' '.join(batch.keys)}\n")
        self.updates += 1

    def validation_step(self, batch, batch_idx):
        assert batch.audio.shape[1] == 4096

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1e-3)

    def on_save_checkpoint(self, checkpoint):
        checkpoint["updates"] = self.updates
        del checkpoint["loops"]

    def on_load_checkpoint(self, checkpoint):
        self.updates = checkpoint["updates"]


class SaveEvery(Callback):
    """Saves after every so many updates and stops after `last`."""

    def __init__(self, updates: int, path: Path, last: int):
        self.every = updates
        self.path = path
        self.last = last

    def on_train_batch_end(self, trainer, module, *_):
        trainer.should_stop = module.updates == self.last
        if module.updates % self.every == 0:
            trainer.save_checkpoint(self.path.with_suffix(".part"))
            self.path.with_suffix(".part").replace(self.path)


def fit(folder: Path, checkpoint: Path, log: Path, *, num_workers: int, updates: int, save_every: int = 3) -> None:
    """Train until `updates`, from the checkpoint if there is one."""
    trainer = Trainer(
        max_epochs=-1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        val_check_interval=5,
        check_val_every_n_epoch=None,
        callbacks=[SaveEvery(save_every, checkpoint, updates)],
    )
    resumed = {"ckpt_path": str(checkpoint), "weights_only": True} if checkpoint.exists() else {}
    trainer.fit(Toy(log), datamodule=data(folder, num_workers=num_workers), **resumed)


if __name__ == "__main__":
    fit(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), num_workers=int(sys.argv[4]), updates=int(sys.argv[5]))
