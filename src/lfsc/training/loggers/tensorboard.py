"""TensorBoard over resumes."""

from lightning.pytorch.loggers import TensorBoardLogger


class RunTensorBoard(TensorBoardLogger):
    """Writes to SAVE_DIR/tensorboard, and continues what is there."""

    def __init__(self, save_dir: str, **settings):
        super().__init__(save_dir, name="tensorboard", version="", **settings)

    def resume_at(self, update: int) -> None:
        # What it has of later updates comes again: TensorBoard then hides the first of each two. By now Lightning has
        # opened a file, and the next one has to begin with that.
        self.experiment.close()
        self.experiment.purge_step = update + 1
