"""The tables of a page: codecs, groups of clips, and clips, by all that was measured."""

from lfsc.evaluation.loudness_shifts import LEVEL_SHIFTS, shift_name
from lfsc.evaluation.report.html import Markup, element, joined, section, table
from lfsc.evaluation.report.summary import Report

# More rows make phones slow; the files beside the page have all of them.
MAX_ROWS = 400
FAMILIES = {
    "As the paper measures": ("mel_distance", "stft_distance", "si_sdr", "squim_mos", "cer"),
    "Hearing, words and voice": ("pesq", "stoi", "estoi", "wer", "speaker_similarity"),
    "Spectrum": ("log_spectral_distance", "spectral_convergence"),
    "Level": ("loudness_difference", "pause_level_difference", "silence_floor", *map(shift_name, LEVEL_SHIFTS)),
    "Tokens and bits": ("bitrate", "entropy_bitrate", "codebook_usage", "codebook_entropy"),
}


def results(report: Report, summary: dict, colours: dict[str, int]) -> Markup:
    """A table for each kind of numbers, a row for each codec, so that a screen holds a row."""
    codecs = summary["codecs"]
    known = {name for family in FAMILIES.values() for name in family}
    families = FAMILIES | {"Others": [name for name in report.definitions if name not in known]}
    parts = []
    for family, members in families.items():
        names = [name for name in members if any(name in codec["metrics"] for codec in codecs.values())]
        if names:
            rows = [
                [named(label, colours), *(estimate(codec["metrics"].get(n), rank_of(summary, n, label)) for n in names)]
                for label, codec in codecs.items()
            ]
            parts += [element("h3", family), table(["codec", *(head(report, name) for name in names)], rows)]
    if summary["not_measured"]:
        link = element("a", "left out", href="#left-out")
        parts.append(element("p", f"Not measured: {', '.join(summary['not_measured'])}; see why under ", link, "."))
    about = (
        "Click a head to sort. Small print: the place among the codecs, and the 95 % interval. "
        "Bold: the best, or not to be told from it."
    )
    return section("Results", *parts, about=about, id_="results")


def named(label: str, colours: dict[str, int]) -> Markup:
    return element("span", label, class_=f"codec{colours[label]} named")


def rank_of(summary: dict, name: str, label: str) -> dict | None:
    return summary["ranks"].get(name, {}).get(label)


def groups(report: Report, summary: dict) -> Markup:
    parts = []
    for group in next(iter(summary["codecs"].values()))["groups"]:
        found = {label: codec["groups"][group] for label, codec in summary["codecs"].items()}
        if set().union(*found.values()) <= {"unknown"}:
            continue
        names = [
            n for n in report.definitions if any(n in some["metrics"] for by in found.values() for some in by.values())
        ]
        rows = [
            [value, label, some["clips"], *(estimate(some["metrics"].get(name)) for name in names)]
            for label, by in found.items()
            for value, some in by.items()
        ]
        heading = element("summary", f"by {group} ({len({row[0] for row in rows})})")
        if len(rows) > MAX_ROWS:
            heading = joined(heading, element("p", f"the first {MAX_ROWS} of {len(rows)} rows; summary.json has all"))
        open_ = {"open": "open"} if len(rows) <= 4 * len(found) else {}
        whole = table([group, "codec", "clips", *(head(report, name) for name in names)], rows[:MAX_ROWS])
        parts.append(element("details", heading, whole, **open_))
    return section("By group", *parts, id_="groups") if parts else Markup("")


def all_clips(report: Report) -> Markup:
    rows = [row for judged in report.judged.values() for row in judged.rows]
    names = [name for name in report.definitions if any(name in row.measured for row in rows)]
    shown = [
        [row.clip.key, row.codec, row.clip.language, row.clip.speaker, row.band, (f"{row.seconds:.1f}", row.seconds),
         row.status, *(number(row.measured.get(name)) for name in names)]
        for row in rows[:MAX_ROWS]
    ]  # fmt: skip
    heads = ["clip", "codec", "language", "speaker", "bandwidth", "seconds", "status"]
    about = f"{len(shown)} of {len(rows)} rows; clips.csv beside this page has all."
    whole = table([*heads, *(head(report, name) for name in names)], shown)
    return section("All clips", element("details", element("summary", "show"), whole), about=about, id_="clips")


def head(report: Report, name: str) -> Markup:
    definition = report.definitions[name]
    arrow = {"higher": "↑", "lower": "↓", "zero": "→0"}[definition.better]
    return joined(
        name.replace("_", " "), f" {arrow}", element("small", f" {definition.unit}") if definition.unit else ""
    )


def estimate(found: dict | None, rank: dict | None = None) -> tuple:
    """A mean, with its place among the codecs and its interval under it."""
    if found is None:
        return (element("small", "not measured"), "")
    notes = [f"#{rank['rank']}"] if rank else []
    notes += [f"{found['low']:.3f} … {found['high']:.3f}"] if found["count"] > 1 else []
    best = bool(rank and (rank["rank"] == 1 or rank["ties_with_best"]))
    mean = element("span", f"{found['mean']:.3f}", class_="best" if best else "")
    return (joined(mean, *(element("small", note) for note in notes)), found["mean"])


def number(measured) -> tuple:
    return ("", "") if measured is None else (f"{measured.value:.3f}", measured.value)
