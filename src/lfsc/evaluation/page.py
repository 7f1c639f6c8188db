"""A report as one HTML page that holds everything it shows."""

from importlib.resources import files as resources

from lfsc.evaluation.examples import Example
from lfsc.evaluation.html import Markup, element, joined, section, table
from lfsc.evaluation.listening import listening
from lfsc.evaluation.pictures import histogram_svg, usage_svg
from lfsc.evaluation.report import Report, numbers

# More rows make phones slow; the CSV has all of them.
MAX_ROWS = 400
COLOURS = 8


def page(report: Report, summary: dict, examples: list[Example]) -> str:
    colours = {label: place % COLOURS for place, label in enumerate(report.judged)}
    title = "Codecs judged: " + ", ".join(report.judged)
    body = joined(
        element("h1", title),
        element("p", introduction(summary)),
        results(report, summary),
        problems(summary),
        distributions(report, colours),
        groups(report, summary),
        codebooks(report, summary),
        listening(examples, colours, report.protocol["sample_rate"]),
        all_clips(report),
        meanings(summary),
    )
    template = resources("lfsc.evaluation").joinpath("page.html").read_text(encoding="utf-8")
    return template.replace("[[title]]", joined(title)).replace("[[body]]", body)


def introduction(summary: dict) -> str:
    protocol, codec = summary["protocol"], next(iter(summary["codecs"].values()))
    return (
        f"{protocol['clips']} clips, {codec['seconds'] / 60:.1f} minutes, of {protocol['data']}; judged at "
        f"{protocol['sample_rate']} Hz by lfsc {protocol['lfsc']}, protocol {protocol['version']}. Small print under a "
        "number: its 95 % bootstrap interval over clips. Bold: best, or not to be told from the best by these clips."
    )


def results(report: Report, summary: dict) -> Markup:
    names = [name for name in report.definitions if any(name in c["metrics"] for c in summary["codecs"].values())]
    heads = ["codec", *(head(report, name) for name in names), "kbps stored", "kbps entropy"]
    rows = []
    for label, codec in summary["codecs"].items():
        cells = [estimate(codec["metrics"].get(name), summary["ranks"].get(name, {}).get(label)) for name in names]
        rates = [kbps(codec["bitrate"].get(kind)) for kind in ("stored", "entropy")]
        rows.append([label, *cells, *rates])
    return section("Results", table(heads, rows, id="results"), about="Click a head to sort.")


def head(report: Report, name: str) -> Markup:
    definition = report.definitions[name]
    arrow = {"higher": "↑", "lower": "↓", "zero": "→0"}[definition.better]
    return joined(
        name.replace("_", " "), f" {arrow}", element("small", f" {definition.unit}") if definition.unit else ""
    )


def estimate(found: dict | None, rank: dict | None = None) -> tuple:
    if found is None:
        return (element("small", "not measured"), "")
    interval = element("small", f"{found['low']:.3f} … {found['high']:.3f}") if found["count"] > 1 else ""
    best = bool(rank and (rank["rank"] == 1 or rank["ties_with_best"]))
    return (joined(element("span", f"{found['mean']:.3f}", class_="best" if best else ""), interval), found["mean"])


def kbps(bits: float | None) -> tuple:
    return ("", "") if bits is None else (f"{bits / 1000:.2f}", bits)


def problems(summary: dict) -> Markup:
    """What is not in the averages, and why."""
    parts = [
        element("li", element("b", name), f" not measured: {why}") for name, why in summary["not_measured"].items()
    ]
    for label, codec in summary["codecs"].items():
        for status in ("failed", "misaligned"):
            if codec[status]:
                items = [element("li", f"{key}: {why}") for key, why in codec[status].items()]
                heading = element("summary", f"{label}: {len(items)} clips {status}, left out of its averages")
                parts.append(element("li", element("details", heading, element("ul", *items))))
        for name, reasons in codec["unmeasured"].items():
            parts += [element("li", f"{label}, {name}: not of {count} clips, {why}") for why, count in reasons.items()]
    listed = element("ul", *parts) if parts else element("p", "Nothing: every number was taken of every clip.")
    return section("Left out", listed)


def distributions(report: Report, colours: dict[str, int]) -> Markup:
    key = element("p", *(element("span", label, class_=f"codec{colours[label]}") for label in colours), class_="key")
    plots = []
    for name in report.definitions:
        values = {
            label: [number.value for number in numbers(judged.rows, name).values()]
            for label, judged in report.judged.items()
        }
        values = {label: found for label, found in values.items() if found}
        if values:
            plots.append(distribution(head(report, name), values, colours))
    return section("Distributions over clips", key, element("div", *plots, class_="plots"))


def distribution(caption: Markup, values: dict[str, list[float]], colours: dict[str, int]) -> Markup:
    everything = [value for found in values.values() for value in found]
    ends = element("div", *(element("span", f"{end(everything):.4g}") for end in (min, max)), class_="ends")
    return element("figure", element("figcaption", caption), histogram_svg(values, colours), ends)


def groups(report: Report, summary: dict) -> Markup:
    parts = []
    for group in next(iter(summary["codecs"].values()))["groups"]:
        found = {label: codec["groups"][group] for label, codec in summary["codecs"].items()}
        if set().union(*found.values()) <= {"unknown"}:
            continue
        names = [n for n in report.definitions if any(n in m for by in found.values() for m in by.values())]
        rows = [
            [value, label, *(estimate(metrics.get(name)) for name in names)]
            for label, by in found.items()
            for value, metrics in by.items()
        ]
        heading = element("summary", f"by {group} ({len({row[0] for row in rows})})")
        if len(rows) > MAX_ROWS:
            heading = joined(heading, element("p", f"the first {MAX_ROWS} of {len(rows)} rows; summary.json has all"))
        open_ = {"open": "open"} if len(rows) <= 4 * len(found) else {}
        whole = table([group, "codec", *(head(report, name) for name in names)], rows[:MAX_ROWS])
        parts.append(element("details", heading, whole, **open_))
    return section("By group", *parts)


def codebooks(report: Report, summary: dict) -> Markup:
    parts = []
    for label, judged in report.judged.items():
        use = summary["codecs"][label]["codebooks"]
        if use:
            captions = [
                joined(f"codebook {place}", element("small", f"{share:.1%} used, {bits:.2f} bits"))
                for place, (share, bits) in enumerate(zip(use["usage"], use["entropy"], strict=True))
            ]
            figures = [
                element("figure", element("figcaption", caption), usage_svg(counts))
                for caption, counts in zip(captions, judged.counts, strict=True)
            ]
            size = f"{label}: {use['size']} codes each, {use['frames']} frames, the most frequent codes at the left"
            parts += [element("h3", size), element("div", *figures, class_="plots")]
    return section("Codebooks", *parts) if parts else Markup("")


def all_clips(report: Report) -> Markup:
    names = [name for name in report.definitions if name != "silence_floor"]
    rows = [row for judged in report.judged.values() for row in judged.rows]
    names = [name for name in names if any(name in row.measured for row in rows)]
    shown = [
        [row.clip.key, row.codec, row.clip.language, row.clip.speaker, row.band, (f"{row.seconds:.1f}", row.seconds),
         row.status, *(number(row.measured.get(name)) for name in names)]
        for row in rows[:MAX_ROWS]
    ]  # fmt: skip
    heads = ["clip", "codec", "language", "speaker", "bandwidth", "seconds", "status"]
    about = f"{len(shown)} of {len(rows)} rows; clips.csv beside this page has all."
    whole = table([*heads, *(head(report, name) for name in names)], shown, id="clips")
    return section("All clips", element("details", element("summary", "show"), whole), about=about)


def number(measured) -> tuple:
    return ("", "") if measured is None else (f"{measured.value:.3f}", measured.value)


def meanings(summary: dict) -> Markup:
    rows = [
        [
            name,
            d["unit"],
            {"zero": "nearer to 0"}.get(d["better"], d["better"]),
            f"{d['sample_rate']} Hz",
            d["source"],
            d["version"],
        ]
        for name, d in summary["definitions"].items()
    ]
    heads = ["number", "unit", "better", "taken at", "source", "computed by"]
    facts = [
        [label, ", ".join(f"{key} {value}" for key, value in codec["facts"].items())]
        for label, codec in summary["codecs"].items()
    ]
    protocol = [[key, str(value)] for key, value in summary["protocol"].items()]
    return section(
        "What was measured, of what, how",
        table(heads, rows, class_="words"),
        table(["codec", "facts"], facts, class_="words"),
        table(["protocol", ""], protocol, class_="words"),
    )
