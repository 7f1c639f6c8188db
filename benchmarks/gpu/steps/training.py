"""`small` from the command line, with loader, validation and checkpoints."""

from command_line import train_by_command
from report import Report
from workload import DRY, MICRO


def run(report: Report) -> None:
    updates = 4 if DRY else 300
    settings = [f"max_updates={updates}", f"validate_every={updates // 2}", "data.max_val_clips=4"]
    if DRY:
        settings += ["batch_size=2", "trainer=cpu"]
    else:
        settings += ["batch_size=32", "num_workers=8", "trainer.accelerator=gpu", "trainer.precision=bf16-mixed"]
    train_by_command(report, "lfsc train", "training", MICRO if DRY else "small", *settings)
