"""What a run came to, for the person who started it."""

from typing import Any

from lfsc.config.instantiate import targets_of
from lfsc.config.own_code import option_for, record_own
from lfsc.distributed import is_first
from lfsc.io.messages import as_word, say_count
from lfsc.io.tables import make_console, make_table, print_table
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows
from lfsc.runs.status import FINISHED, Status

TABLE = ("val/mel", "val/stft", "val/si_sdr", "val/codebook_usage", "val/codebook_entropy")
NETWORKS = ("generator", "discriminators")
# What a scheduler may start again: EX_TEMPFAIL of sysexits.h.
INTERRUPTED_EXIT = 75


def report_ending(run: Run) -> int:
    """Print how a run ended, and return the exit status: 0 where it is finished, 75 where it was asked to stop."""
    if not is_first():
        return 0
    status = run.status()
    assert status is not None  # whoever trained has reported it
    show_result(run, status)
    return 0 if status.state == FINISHED else INTERRUPTED_EXIT


def show_result(run: Run, status: Status) -> None:
    """Print where the run is, what its validation did, and what to do with it."""
    console = make_console()
    rows = [row for row in read_rows(run.metrics_file) if row.get("val/mel")]
    if rows:
        table = make_table("update", *(name.removeprefix("val/").replace("_", " ") for name in TABLE))
        for row in rows if len(rows) <= 8 else [rows[0], *rows[-7:]]:
            table.add_row(row["update"], *(f"{float(row[name]):.4g}" for name in TABLE))
        print_table(table, console)
    reason = status.message and f", {status.message}"
    console.print(
        f"{run.path}: {status.state} at update {status.update} of {status.max_updates}{reason}", soft_wrap=True
    )
    for line in [*describe_skipped(run), *what_to_do(run, status)]:
        console.print(line, soft_wrap=True)


def describe_skipped(run: Run) -> list[str]:
    """A line where steps changed nothing, as their losses or gradients were not finite."""
    counted = [row for row in read_rows(run.metrics_file) if row.get("skipped/generator")]
    skipped = {name: int(counted[-1].get(f"skipped/{name}") or 0) for name in NETWORKS} if counted else {}
    counts = " and ".join(f"{say_count(count, 'step')} of the {name}" for name, count in skipped.items() if count)
    if not counts:
        return []
    return [f"skipped:     {counts}, whose losses or gradients were not finite: {as_word(run.nonfinite_file)}"]


def what_to_do(run: Run, status: Status) -> list[str]:
    if status.state != FINISHED:
        return [f"resume:      {resume_command(run, status)}"]
    samples, reconstructed = as_word(run.samples), max(run.samples.glob("update-*"), default=None)
    profiled = run.path / "profile" / "table.txt"
    profile = profiled.read_text(encoding="utf-8").partition("\n\n")[0] if profiled.is_file() else ""
    return [
        *([f"listen:      {samples}/original/*.wav against {as_word(reconstructed)}/*.wav"] if reconstructed else []),
        f"losses:      {as_word(run.metrics_file)}",
        f"your speech: lfsc reconstruct YOUR.wav OUT.wav --codec {as_word(run.path)}"
        f"{option_for_code(run, run.config().get('codec'))}",
        f"resume:      {resume_command(run, status)}",
        *([f"profile:     {profiled}", profile] if profile else []),
    ]


def resume_command(run: Run, status: Status | None) -> str:
    """The command that resumes a run, with what has to change where it is finished."""
    return f"lfsc resume {as_word(run.path)}{change_to_resume(run, status)}{option_for_code(run, run.config())}"


def option_for_code(run: Run, config: Any) -> str:
    """` --with …` for classes in a configuration of the run that are not lfsc's, imported here or by the run."""
    recorded, targets = run.environment().get("own_code", {}), set(targets_of(config))
    return option_for({target: own for target, own in recorded.items() if target in targets} | record_own(config))


def change_to_resume(run: Run, status: Status | None) -> str:
    if status is None or status.state != FINISHED:
        return ""
    if status.update >= status.max_updates:
        return f" max_updates={2 * status.max_updates}"
    # Without what stopped it early.
    config = run.config()
    if config["debug"]["profile"]:
        return " debug=none"
    return " callbacks=none" if config["patience"] is None else " patience=null"
