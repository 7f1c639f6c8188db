"""A run's validation clips over its updates, beside their originals."""

from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from lfsc.audio import files
from lfsc.audio.recording import UnreadableAudio
from lfsc.evaluation.report.examples import MAX_SECONDS
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import is_update

# Updates that a single run shows; beside others each shows its last.
MOST_UPDATES = 4


class Version(NamedTuple):
    """How a clip sounds in one place; or why it does not."""

    run: str | None  # None for the original
    caption: str
    audio: Tensor | None  # [T]
    sample_rate: int
    problem: str = ""


def load_samples(runs: dict[str, Run]) -> dict[str, list[Version]]:
    """For each clip of any run its original, and what the runs made of it, the earliest update first."""
    clips: dict[str, list[Version]] = {}
    for name, run in runs.items():
        for original in sorted((run.samples / "original").glob("*.wav")):
            versions = clips.setdefault(original.stem, [])
            if not versions:
                versions.append(load_version(None, "as recorded", original))
            versions += [
                load_version(name, f"update {int(folder.name.removeprefix('update-'))}", folder / original.name)
                for folder in choose_updates(run, MOST_UPDATES if len(runs) == 1 else 1)
                if (folder / original.name).is_file()
            ]
    return clips


def choose_updates(run: Run, most: int) -> list[Path]:
    """The folders of up to `most` validations: the last, the first, and others evenly between them."""
    folders = sorted(path for path in run.samples.glob("update-*") if is_update(path.name.removeprefix("update-")))
    if len(folders) <= most:
        return folders
    steps = max(1, most - 1)
    return [folders[-1 - number * (len(folders) - 1) // steps] for number in range(most)][::-1]


def load_version(run: str | None, caption: str, path: Path) -> Version:
    try:
        audio, sample_rate = files.read(path)
    except UnreadableAudio as error:
        return Version(run, caption, None, 1, str(error))
    return Version(run, caption, audio[: MAX_SECONDS * sample_rate], sample_rate)
