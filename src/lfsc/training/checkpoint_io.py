"""Checkpoints on disk: written whole or not at all, and the newest of them."""

import logging
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from lfsc.io import atomic
from lfsc.io.messages import first_line
from lfsc.io.regular import open_regular
from lfsc.io.torch_file import DAMAGE, TorchFile
from lfsc.runs.checkpoints import update_of

logger = logging.getLogger(__name__)


class AtomicCheckpointIO(TorchCheckpointIO):
    """Saves under the final name only what is whole and on the disk; loads nothing that could run code."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path, storage_options=None) -> None:
        try:
            with atomic.replacing(path) as temporary:
                torch.save(checkpoint, temporary)
        except (OSError, RuntimeError) as error:
            # torch names neither the file nor the reason where a write fails.
            free = shutil.disk_usage(Path(path).parent).free / 1e6
            raise OSError(
                f"{path} could not be written, with {free:.0f} MB free there ({first_line(error)}); the "
                "checkpoints before it are whole: make room, then `lfsc resume` resumes from the last"
            ) from error

    def load_checkpoint(self, path, map_location=None, weights_only=None) -> dict[str, Any]:
        return torch.load(path, map_location="cpu", weights_only=True)


def link(source: Path, target: Path) -> None:
    """A second name for the same file, replaced in one step; a copy where the file system has no links."""
    with atomic.replacing(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def newest(folder: Path) -> Path:
    """The newest checkpoint of a run that is whole; ValueError where there is none."""
    damaged: list[str] = []
    for path in sorted([*folder.glob("update-*.ckpt"), *folder.glob("best-*.ckpt")], key=update_of, reverse=True):
        if is_whole(path):
            if damaged:
                logger.warning("%s cannot be read, so %s is taken", ", ".join(damaged), path.name)
            return path
        damaged.append(path.name)
    found = f"{', '.join(damaged)} cannot be read" if damaged else "there is none"
    raise ValueError(f"no checkpoint to resume from in {folder}: {found}; `lfsc train` starts over in a new folder")


def is_whole(path: Path) -> bool:
    """Whether every byte of a checkpoint is what was written, and it is one of a run and nothing but data."""
    try:
        with open_regular(path) as file:
            found = TorchFile(file, name=path.name)
            return found.zip.testzip() is None and "updates" in found.contents
    except (OSError, TypeError, ValueError, *DAMAGE):
        return False


def set_aside_newer(folder: Path, update: int) -> None:
    """Give the checkpoints of later updates another name: they are damaged, and would count among the last to keep."""
    for path in [*folder.glob("update-*.ckpt"), *folder.glob("best-*.ckpt")]:
        if update_of(path) > update:
            path.rename(path.with_suffix(".damaged"))
