"""TensorBoard over resumes."""

from collections.abc import Mapping
from typing import Any

from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from lfsc.config.recipe_file import as_yaml


class RunTensorBoard(TensorBoardLogger):
    """Writes to SAVE_DIR/tensorboard, and continues what is there."""

    def __init__(self, save_dir: str, **settings):
        if named := {"sub_dir", "filename_suffix"} & settings.keys():
            # A run to resume may be somebody else's, and they may lead out of its folder.
            raise ValueError(f"logger: {', '.join(sorted(named))} cannot be set: it writes to SAVE_DIR/tensorboard")
        super().__init__(save_dir, name="tensorboard", version="", **settings)

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        try:
            super().log_metrics(metrics, step)
        except ValueError as error:
            # Lightning says of any failure, also of a full disk, that such a value cannot be logged.
            raise error.__cause__ or error from None

    @rank_zero_only
    def log_hyperparams(  # type: ignore[override]  # never a Namespace in a run of ours
        self, params: dict[str, Any], *_, **__
    ) -> None:
        """The run's configuration, under Text."""
        indented = "".join(f"    {line}\n" for line in as_yaml(params).splitlines())
        self.experiment.add_text("configuration", indented)

    def resume_at(self, update: int) -> None:
        # What it has of later updates comes again: TensorBoard then hides the first of each two. By now Lightning has
        # opened a file, and the next one has to begin with that.
        self.experiment.close()
        self.experiment.purge_step = update + 1
