"""What is about to be trained, on what, before the first update."""

from lightning.pytorch import Callback, Trainer
from rich.table import Table

from lfsc.data.blend import Share
from lfsc.io.tables import make_console, make_table, print_table
from lfsc.nn.size import count_millions
from lfsc.training.module import CodecModule

# Of many languages, those that most clips come from.
ROWS = 8


class ModelSummary(Callback):
    """Sizes, device and blend, on rank 0, to stderr."""

    def on_fit_start(self, trainer: Trainer, module: CodecModule) -> None:
        if not trainer.is_global_zero:
            return
        console = make_console(stderr=True)
        sizes = {"codec": module.codec, "discriminators": module.discriminators}
        counts = ", ".join(f"{name} {count_millions(part):.2f} M parameters" for name, part in sizes.items())
        devices = f"{trainer.world_size} × {module.device.type}, {trainer.precision}"
        console.print(f"{counts}; on {devices}", soft_wrap=True)
        if shares := trainer.datamodule.shares:  # type: ignore[attr-defined]  # Lightning sets it from elsewhere
            print_table(blend_table(shares, rows=ROWS), console)


def blend_table(shares: list[Share], *, rows: int) -> Table:
    """The first `rows` of the shares, which begin with the largest, and the rest in one row."""
    shown, rest = shares[:rows], shares[rows:]
    table = make_table("corpus", "language", "speech", "effective", "share of clips")
    for share in shown:
        table.add_row(share.corpus, share.language, *numbers(share.hours, share.effective_hours, share.share))
    if rest:
        sums = (sum(getattr(share, name) for share in rest) for name in ("hours", "effective_hours", "share"))
        table.add_row("", f"{len(rest)} more", *numbers(*sums))
    return table


def numbers(hours: float, effective_hours: float, share: float) -> tuple[str, str, str]:
    return duration(hours), duration(effective_hours), f"{share:.2%}"


def duration(hours: float) -> str:
    return f"{hours:,.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"
