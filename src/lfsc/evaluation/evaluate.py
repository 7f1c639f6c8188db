"""One evaluation, from options to a report on disk."""

import hashlib
import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from functools import partial

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import lfsc
from lfsc.audio.resampling import QUALITY
from lfsc.evaluation import codec_metrics
from lfsc.evaluation.clips import Clip
from lfsc.evaluation.codecs.base import Codec, ReconstructionFolder
from lfsc.evaluation.codecs.parse import open_codec, parse
from lfsc.evaluation.corpora import describe_data, find_clips, select_evenly
from lfsc.evaluation.model_metrics import MODELS, load_metrics
from lfsc.evaluation.model_weights import default_folder, locate
from lfsc.evaluation.protocols import is_wanted
from lfsc.evaluation.report.clips_csv import clips_csv
from lfsc.evaluation.report.examples import load_examples
from lfsc.evaluation.report.page import render_page
from lfsc.evaluation.report.printing import means_tables, print_exclusions
from lfsc.evaluation.report.summary import Report, definitions, summarize
from lfsc.evaluation.runner import CodecResult, Settings, evaluate_codec
from lfsc.evaluation.signal_metrics import missing_signal_metrics, package_version, signal_metrics
from lfsc.io.atomic import write_text
from lfsc.io.lock import lock_folder
from lfsc.io.messages import one_line
from lfsc.io.tables import make_console
from lfsc.metrics.metric import Metric
from lfsc.nn.device import allow_tf32, find_device

# The version of the protocol, raised with every change that changes a number.
VERSION = 3
SUMMARY, CLIPS, PAGE = "summary.json", "clips.csv", "report.html"
PACKAGES = ("torch", "torchaudio", "torchmetrics", "soundfile", "soxr", "numpy")


def evaluate(options: Namespace) -> int:
    """Evaluate, write the report, print its means; 1 where clips had to be excluded."""
    refuse_old_report(options)
    device = str(find_device(options.device))
    # As the commands that code have it: tokens, and what models measure, are then a CPU's.
    allow_tf32(False)
    everything = find_clips(options.data, split=options.split)
    clips = select_evenly(everything, options.limit)
    for sentence in describe_data(options.data):
        print(sentence, file=sys.stderr)
    codecs = open_codecs(options, device)
    models, not_measured = load_model_metrics(options, clips, device)
    signals = [metric for metric in signal_metrics(options.sample_rate) if is_wanted(metric.name, options.protocol)]
    described = definitions([*signals, *models], options.sample_rate)
    of_clips = [name for name in described if name not in codec_metrics.DEFINITIONS]
    if options.examples_by not in of_clips:
        raise ValueError(f"--examples-by {options.examples_by}: expected one of {', '.join(of_clips)}")
    shifted = frozenset(clip.key for clip in select_evenly(clips, options.level_clips))
    names = frozenset(metric.name for metric in signals)
    settings = Settings(options.sample_rate, models, options.tolerance_ms / 1000, shifted, options.workers, names)
    keys = {clip.key for clip in everything}
    # Now, not after an hour: a folder that cannot be written to, or that another evaluation writes to.
    with lock_folder(options.out):
        results = {
            label: result._replace(unpaired=tuple(result.codec.unpaired(keys)))
            for label, result in evaluate_all(codecs, clips, settings)
        }
        report = Report(describe_protocol(options, clips), described, results, not_measured)
        return write_report(report, options)


def refuse_old_report(options: Namespace) -> None:
    old = [path for name in (SUMMARY, CLIPS, PAGE) if (path := options.out / name).exists()]
    if old and not options.overwrite:
        raise ValueError(f"{old[0]} is there already; --overwrite writes over it, another --out keeps it")


def open_codecs(options: Namespace, device: str) -> dict[str, Codec]:
    opened = [
        (spec.label, open_codec(spec, device=device, sample_rate=options.sample_rate))
        for spec in (parse(text)._replace(trust=tuple(options.own_code)) for text in options.codec)
    ]
    opened += [(str(folder.name or folder), ReconstructionFolder(folder)) for _, folder in options.pairs]
    codecs: dict[str, Codec] = {}
    for label, codec in opened:
        if label in codecs:
            raise ValueError(f"two codecs are called {label!r}; name them, as in --codec first={label}")
        codecs[label] = codec
    return codecs


def load_model_metrics(options: Namespace, clips: list[Clip], device: str) -> tuple[list[Metric], dict[str, str]]:
    """The metrics whose models are there, and for the others the reason."""
    missing = missing_signal_metrics()
    metrics, not_measured = [], {name: why for name, why in missing.items() if is_wanted(name, options.protocol)}
    for model, all_names in MODELS.items():
        names = [name for name in all_names if is_wanted(name, options.protocol)]
        if not names:
            continue
        given = getattr(options, model)
        try:
            if given == "none":
                raise ValueError(f"switched off by --{model} none")
            weights = locate(model, given, options.weights or default_folder())
            loaded = load_metrics(model, weights, clips=clips, against=options.against, device=device)
            metrics += [metric for metric in loaded if metric.name in names]
        except (ValueError, OSError, ImportError) as error:
            not_measured |= dict.fromkeys(names, one_line(error))
    return metrics, not_measured


def evaluate_all(codecs: dict[str, Codec], clips: list[Clip], settings: Settings) -> Iterator[tuple[str, CodecResult]]:
    """The result of each codec, with its progress on stderr."""
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=make_console(stderr=True)) as progress:
        for label, codec in codecs.items():
            task = progress.add_task(label, total=len(clips))
            yield label, evaluate_codec(label, codec, clips, settings, partial(progress.advance, task))


def describe_protocol(options: Namespace, clips: list[Clip]) -> dict:
    return {
        "version": VERSION,
        "metrics": f"of {options.protocol}" if options.protocol else "all",
        "lfsc": lfsc.__version__,
        "sample_rate": options.sample_rate,
        "channels": "the mean of all",
        "resampler": f"libsoxr, {QUALITY}",
        "level": "as it comes, in and out",
        "length_tolerance_ms": options.tolerance_ms,
        "data": options.data.name or str(options.data),
        "split": options.split,
        "clips": len(clips),
        "clip_list": hashlib.sha256("\n".join(clip.key for clip in clips).encode()).hexdigest()[:16],
        "packages": [package_version(name) for name in PACKAGES],
    }


def write_report(report: Report, options: Namespace) -> int:
    rows = [row for result in report.results.values() for row in result.rows]
    if not any(row.status == "ok" for row in rows):
        raise ValueError(f"no clip could be evaluated; the first, {rows[0].clip.key}: {rows[0].reason}")
    summary = summarize(report)
    # Before any file: if one cannot be written, what took hours is printed.
    console = make_console()
    console.print(*means_tables(summary, console.width), sep="\n")
    print_exclusions(summary)
    write_text(options.out / SUMMARY, json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    write_text(options.out / CLIPS, clips_csv(report))
    better = report.definitions[options.examples_by].better
    examples = load_examples(report.results, by=options.examples_by, better=better, sample_rate=options.sample_rate)
    write_text(options.out / PAGE, render_page(report, summary, examples))
    print(f"report: {options.out / PAGE}")
    return 1 if any(codec["failed"] or codec["misaligned"] for codec in summary["codecs"].values()) else 0
