"""Checkpoints on disk, written whole or not at all."""

import logging
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from lfsc.io import atomic
from lfsc.io.messages import first_line
from lfsc.runs.checkpoints import newest_first, update_of
from lfsc.training.checkpoint_kinds import require_kinds
from lfsc.training.plain_state import EXPECTED, find_foreign

logger = logging.getLogger(__name__)


class AtomicCheckpointIO(TorchCheckpointIO):
    """Saves under the final name only what is whole and on the disk; loads nothing that could run code."""

    def __init__(self):
        super().__init__()
        self.left_out: set[str] = set()

    def save_checkpoint(self, checkpoint: dict[str, Any], path, storage_options=None) -> None:
        self.leave_out_foreign(checkpoint)
        try:
            with atomic.replacing(path) as temporary:
                torch.save(checkpoint, temporary)
            return
        except (OSError, RuntimeError) as error:
            # torch names neither the file nor the reason where a write fails.
            reason = first_line(error)
        # Not from that error: it keeps torch's writer, whose file takes room on the disk until it is closed.
        free = shutil.disk_usage(Path(path).parent).free / 1e6
        before = newest_first(Path(path).parent)
        advice = (
            f"make room, then `lfsc resume` resumes from {before[0].name}, which is whole"
            if before
            else "it is the first of the run: make room, and begin the run again"
        )
        raise OSError(f"{path} could not be written, with {free:.0f} MB free there ({reason}); {advice}")

    def leave_out_foreign(self, checkpoint: dict[str, Any]) -> None:
        """Take out what callbacks would keep that could not be read back; ValueError where anything else is so."""
        callbacks = checkpoint.get("callbacks", {})
        for name in list(callbacks):
            if found := find_foreign(callbacks[name], f"state_dict() of {name}"):
                del callbacks[name]
                if name not in self.left_out:
                    logger.warning(
                        "%s: %s; it is left out, and a resumed run begins that callback anew", found, EXPECTED
                    )
                self.left_out.add(name)
        if found := find_foreign(checkpoint, "the checkpoint"):
            raise ValueError(f"{found}: {EXPECTED}; an optimizer or schedule of your own keeps it in its state_dict()")

    def load_checkpoint(self, path, map_location=None, weights_only=None) -> dict[str, Any]:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        require_kinds(checkpoint, path)
        return checkpoint


def link(source: Path, target: Path) -> None:
    """A second name for the same file, replaced in one step; a copy where the file system has no links."""
    with atomic.replacing(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def set_aside_newer(folder: Path, update: int) -> None:
    """Give the checkpoints of later updates another name: they are damaged, and would count among the last to keep."""
    for path in newest_first(folder):
        if update_of(path) > update:
            path.rename(path.with_suffix(".damaged"))
