"""A report as one HTML page that holds everything it shows, rendered from the templates beside this file."""

from collections.abc import Sequence
from typing import NamedTuple

from lfsc.evaluation.loudness_shifts import LEVEL_SHIFTS, shift_name
from lfsc.evaluation.report.examples import Example
from lfsc.evaluation.report.plots import Histogram, histogram
from lfsc.evaluation.report.rendering import environment
from lfsc.evaluation.report.summary import Report, metric_by_clip

FAMILIES: dict[str, Sequence[str]] = {
    "Metrics of the paper": ("mel_distance", "stft_distance", "si_sdr", "squim_mos", "cer"),
    "Quality": ("pesq", "visqol", "utmos", "dnsmos", "dnsmos_sig", "dnsmos_bak", "dnsmos_p808"),
    "Intelligibility": ("stoi", "estoi", "wer"),
    "Speaker and pitch": ("speaker_similarity", "f0_correlation", "voicing_error"),
    "Spectrum": ("log_spectral_distance", "spectral_convergence", "mcd"),
    "Loudness": ("loudness_difference", "pause_level_difference", "silence_floor", *map(shift_name, LEVEL_SHIFTS)),
    "Bitrate and codebooks": ("bitrate", "entropy_bitrate", "codebook_usage", "codebook_entropy"),
}


class Group(NamedTuple):
    name: str
    metrics: list[str]
    rows: list[tuple[str, str, dict]]  # value, codec, and its part of the summary


def render_page(report: Report, summary: dict, examples: list[Example]) -> str:
    """The HTML of a report; all text that comes from outside is escaped."""
    rows = [row for result in report.results.values() for row in result.rows]
    return (
        environment()
        .get_template("page.html")
        .render(
            report=report,
            summary=summary,
            examples=examples,
            families=metric_families(summary),
            histograms=histograms(report, summary),
            groups=groups(summary),
            has_codebooks=any(codec["codebooks"] for codec in summary["codecs"].values()),
            rows=rows,
            clip_metrics=[name for name in report.definitions if any(name in row.metrics for row in rows)],
        )
    )


def metric_families(summary: dict) -> dict[str, list[str]]:
    """The names of the metrics that a codec has, by kind: a table for each, so that a screen is wide enough."""
    members = {name for family in FAMILIES.values() for name in family}
    families = FAMILIES | {"Others": [name for name in summary["definitions"] if name not in members]}
    measured = set().union(*(codec["metrics"] for codec in summary["codecs"].values()))
    found = {family: [name for name in names if name in measured] for family, names in families.items()}
    return {family: names for family, names in found.items() if names}


def histograms(report: Report, summary: dict) -> dict[str, Histogram]:
    """One for each metric that clips have."""
    found = {}
    for name in report.definitions:
        by_codec = {label: metric_by_clip(result.rows, name) for label, result in report.results.items()}
        values = {label: [number.value for number in by_key.values()] for label, by_key in by_codec.items() if by_key}
        if values:
            means = {label: summary["codecs"][label]["metrics"][name] for label in values}
            found[name] = histogram(values, means)
    return found


def groups(summary: dict) -> list[Group]:
    """The groupings in which a clip has a value."""
    found = []
    for name in next(iter(summary["codecs"].values()))["groups"]:
        rows = [
            (value, label, members)
            for label, codec in summary["codecs"].items()
            for value, members in codec["groups"][name].items()
        ]
        if {value for value, _, _ in rows} - {"unknown"}:
            measured = set().union(*(members["metrics"] for _, _, members in rows))
            found.append(Group(name, [metric for metric in summary["definitions"] if metric in measured], rows))
    return found
