"""One evaluation, from options to a report on disk."""

import hashlib
import json
import sys
from argparse import Namespace
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import lfsc
from lfsc.evaluation.clips import Clip, find_clips, spread
from lfsc.evaluation.codecs.base import Codec, Files
from lfsc.evaluation.codecs.parse import open_codec, parse
from lfsc.evaluation.model_metrics import NAMES, heavy_metrics
from lfsc.evaluation.model_weights import default_folder, locate
from lfsc.evaluation.report.clips_csv import clips_csv
from lfsc.evaluation.report.examples import examples
from lfsc.evaluation.report.page import page
from lfsc.evaluation.report.summary import Report, definitions, summary
from lfsc.evaluation.runner import Terms, judge
from lfsc.evaluation.signal_metrics import light_metrics, missing_packages, versioned
from lfsc.io.atomic import write_text
from lfsc.metrics.metric import Metric

# Of the protocol: raised with every change that changes a number.
VERSION = 2


def evaluate(options: Namespace) -> int:
    """Judge, write the report, print its table; 1 where clips had to be left out."""
    device = chosen_device(options.device)
    everything = find_clips(options.data, split=options.split)
    clips = spread(everything, options.limit)
    codecs = open_codecs(options, device)
    models, not_measured = model_metrics(options, clips, device)
    shifted = frozenset(clip.key for clip in spread(clips, options.level_clips))
    terms = Terms(options.sample_rate, models, options.tolerance_ms / 1000, shifted, options.workers)
    described = definitions([*light_metrics(options.sample_rate), *models], options.sample_rate)
    if options.examples_by not in described:
        raise ValueError(f"--examples-by {options.examples_by}: expected one of {', '.join(described)}")
    # Now, not after an hour: a place that cannot be written to.
    options.out.mkdir(parents=True, exist_ok=True)
    keys = {clip.key for clip in everything}
    with progress_bar() as progress:
        judged = {}
        for label, codec in codecs.items():
            task = progress.add_task(label, total=len(clips))
            found = judge(label, codec, clips, terms, lambda task=task: progress.advance(task))
            judged[label] = found._replace(unpaired=tuple(codec.unpaired(keys)))
    report = Report(protocol_facts(options, clips), described, judged, not_measured)
    return written(report, options)


def open_codecs(options: Namespace, device: str) -> dict[str, Codec]:
    codecs: dict[str, Codec] = {}
    found = [
        (request.label, open_codec(request, device=device, sample_rate=options.sample_rate))
        for request in map(parse, options.codec)
    ]
    found += [(str(folder.name or folder), Files(folder)) for _, folder in options.pairs]
    for label, codec in found:
        if label in codecs:
            raise ValueError(f"two codecs are called {label!r}; name them, as in --codec first={label}")
        codecs[label] = codec
    return codecs


def model_metrics(options: Namespace, clips: list[Clip], device: str) -> tuple[list[Metric], dict[str, str]]:
    """The metrics whose models are there, and for the others the reason."""
    metrics, not_measured = [], missing_packages()
    for name, numbers in NAMES.items():
        given = getattr(options, name)
        try:
            if given == "none":
                raise ValueError(f"switched off by --{name} none")
            weights = locate(name, given, options.weights or default_folder())
            metrics += heavy_metrics(name, weights, clips=clips, against=options.against, device=device)
        except (ValueError, OSError, ImportError) as error:
            not_measured |= dict.fromkeys(numbers, " ".join(str(error).split()))
    return metrics, not_measured


def protocol_facts(options: Namespace, clips: list[Clip]) -> dict:
    packages = ("torch", "torchaudio", "torchmetrics", "soundfile", "numpy")
    return {
        "version": VERSION,
        "lfsc": lfsc.__version__,
        "sample_rate": options.sample_rate,
        "channels": "the mean of all",
        "resampler": "lfsc.audio.resampling (windowed sinc, Kaiser, width 64)",
        "level": "as it comes, in and out",
        "length_tolerance_ms": options.tolerance_ms,
        "data": options.data.name or str(options.data),
        "split": options.split,
        "clips": len(clips),
        "clip_list": hashlib.sha256("\n".join(clip.key for clip in clips).encode()).hexdigest()[:16],
        "packages": [versioned(name) for name in packages],
    }


def written(report: Report, options: Namespace) -> int:
    console = Console(stderr=True)
    if not any(row.status == "ok" for judged in report.judged.values() for row in judged.rows):
        row = next(row for judged in report.judged.values() for row in judged.rows)
        raise ValueError(f"no clip could be judged; the first, {row.clip.key}: {row.reason}")
    found = summary(report)
    write_json(options.out / "summary.json", found)
    write_text(options.out / "clips.csv", clips_csv(report))
    better = report.definitions[options.examples_by].better
    shown = examples(report.judged, by=options.examples_by, better=better, sample_rate=options.sample_rate)
    write_text(options.out / "report.html", page(report, found, shown))
    Console().print(overview(report, found))
    for name, why in report.not_measured.items():
        console.print(f"{name} not measured: {why}", highlight=False, soft_wrap=True)
    left_out = list_left_out(found, console)
    print(f"report: {options.out / 'report.html'}")
    return 1 if left_out else 0


def overview(report: Report, found: dict) -> Table:
    """Means, a line for each number, a column for each codec."""
    table = Table(caption="means over clips; their intervals are in the report")
    table.add_column("", overflow="fold")
    for label in found["codecs"]:
        # Whatever the width of the terminal, numbers stay whole.
        table.add_column(label, justify="right", overflow="fold", min_width=8)
    codecs = found["codecs"].values()
    arrows = {"higher": "↑", "lower": "↓", "zero": "→0"}
    for name, definition in report.definitions.items():
        means = [codec["metrics"].get(name, {}).get("mean") for codec in codecs]
        if any(mean is not None for mean in means):
            row = f"{name} {arrows[definition.better]} {definition.unit}".rstrip()
            table.add_row(row, *("" if mean is None else f"{mean:.3f}" for mean in means))
    table.add_row("clips", *(str(codec["clips"]["ok"]) for codec in codecs))
    return table


def list_left_out(found: dict, console: Console) -> int:
    count = 0
    for label, codec in found["codecs"].items():
        for status in ("failed", "misaligned"):
            for key, why in codec[status].items():
                console.print(f"{label}: {key} {status}: {why}", highlight=False, soft_wrap=True, markup=False)
                count += 1
        if codec["unpaired"]:
            names = ", ".join(codec["unpaired"][:5]) + (", …" if len(codec["unpaired"]) > 5 else "")
            about = f"{label}: {len(codec['unpaired'])} recordings without an original, not judged: {names}"
            console.print(about, highlight=False, soft_wrap=True, markup=False)
    return count


def write_json(path: Path, found: dict) -> None:
    write_text(path, json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def chosen_device(name: str) -> str:
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f"--device {name}: no CUDA device is to be had here; use --device cpu")
    return name


def progress_bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(file=sys.stderr), transient=False)
