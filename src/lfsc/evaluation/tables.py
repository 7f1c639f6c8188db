"""The tables of a page: codecs, groups of clips, and clips, by all that was measured."""

from lfsc.evaluation.html import Markup, element, joined, section, table
from lfsc.evaluation.report import Report

# More rows make phones slow; the files beside the page have all of them.
MAX_ROWS = 400


def results(report: Report, summary: dict) -> Markup:
    names = [name for name in report.definitions if any(name in c["metrics"] for c in summary["codecs"].values())]
    heads = ["codec", *(head(report, name) for name in names)]
    rows = [
        [label, *(estimate(codec["metrics"].get(name), summary["ranks"].get(name, {}).get(label)) for name in names)]
        for label, codec in summary["codecs"].items()
    ]
    return section("Results", table(heads, rows, id="results"), about="Click a head to sort.")


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
    return section("By group", *parts)


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
    whole = table([*heads, *(head(report, name) for name in names)], shown, id="clips")
    return section("All clips", element("details", element("summary", "show"), whole), about=about)


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
    return (joined(mean, element("small", " · ".join(notes)) if notes else ""), found["mean"])


def number(measured) -> tuple:
    return ("", "") if measured is None else (f"{measured.value:.3f}", measured.value)
