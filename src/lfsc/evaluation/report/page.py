"""A report as one HTML page that holds everything it shows."""

from importlib.resources import files as resources

from lfsc.evaluation.report.examples import Example
from lfsc.evaluation.report.html import Markup, element, joined, section, table
from lfsc.evaluation.report.listening import listening
from lfsc.evaluation.report.plots import histogram_svg, usage_svg
from lfsc.evaluation.report.summary import Report, numbers
from lfsc.evaluation.report.tables import all_clips, groups, head, results

COLOURS = 8
SECTIONS = {
    "results": "Results",
    "hear": "To hear",
    "distributions": "Distributions",
    "groups": "By group",
    "codebooks": "Codebooks",
    "left-out": "Left out",
    "clips": "All clips",
    "meanings": "What was measured",
}


def page(report: Report, summary: dict, examples: list[Example]) -> str:
    colours = {label: place % COLOURS for place, label in enumerate(report.judged)}
    title = "Codecs judged: " + ", ".join(report.judged)
    sections = (
        results(report, summary, colours),
        listening(examples, colours, report.protocol["sample_rate"]),
        distributions(report, summary, colours),
        groups(report, summary),
        codebooks(report, summary),
        problems(summary),
        all_clips(report),
        meanings(summary),
    )
    body = joined(element("h1", title), element("p", introduction(summary)), contents(sections), *sections)
    template = resources("lfsc.evaluation.report").joinpath("templates", "page.html").read_text(encoding="utf-8")
    return template.replace("[[title]]", joined(title)).replace("[[body]]", body)


def contents(sections: tuple[Markup, ...]) -> Markup:
    """Links to the sections that are there."""
    text = "".join(sections)
    links = [element("a", name, href=f"#{id_}") for id_, name in SECTIONS.items() if f'<section id="{id_}">' in text]
    return element("nav", *links)


def introduction(summary: dict) -> str:
    protocol, codec = summary["protocol"], next(iter(summary["codecs"].values()))
    return (
        f"{protocol['clips']} clips, {codec['seconds'] / 60:.1f} minutes, of {protocol['data']}; judged at "
        f"{protocol['sample_rate']} Hz by lfsc {protocol['lfsc']}, protocol {protocol['version']}. Intervals are 95 % "
        "bootstrap intervals over clips."
    )


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
        if codec["unpaired"]:
            items = [element("li", name) for name in codec["unpaired"]]
            heading = element("summary", f"{label}: {len(items)} recordings without an original, not judged")
            parts.append(element("li", element("details", heading, element("ul", *items))))
        for why in dict.fromkeys(codec["not_measured"].values()):
            names = ", ".join(name for name, reason in codec["not_measured"].items() if reason == why)
            parts.append(element("li", f"{label}: {names} not measured: {why}"))
        for name, reasons in codec["unmeasured"].items():
            parts += [element("li", f"{label}, {name}: not of {count} clips, {why}") for why, count in reasons.items()]
    listed = element("ul", *parts) if parts else element("p", "Nothing: every number was taken of every clip.")
    return section("Left out", listed, id_="left-out")


def distributions(report: Report, summary: dict, colours: dict[str, int]) -> Markup:
    key = element("p", *(element("span", label, class_=f"codec{colours[label]} named") for label in colours))
    plots = []
    for name in report.definitions:
        values = {
            label: [number.value for number in numbers(judged.rows, name).values()]
            for label, judged in report.judged.items()
        }
        values = {label: found for label, found in values.items() if found}
        if values:
            means = {label: summary["codecs"][label]["metrics"][name] for label in values}
            plots.append(distribution(head(report, name), values, means, colours))
    about = "The share of clips that has a value, and below it each codec's mean with its interval."
    shown = key, element("div", *plots, class_="plots")
    return section("Distributions over clips", *shown, about=about, id_="distributions")


def distribution(
    caption: Markup, values: dict[str, list[float]], means: dict[str, dict], colours: dict[str, int]
) -> Markup:
    everything = [value for found in values.values() for value in found]
    ends = element("div", *(element("span", f"{end(everything):.4g}") for end in (min, max)), class_="ends")
    return element("figure", element("figcaption", caption), histogram_svg(values, means, colours), ends)


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
    return section("Codebooks", *parts, id_="codebooks") if parts else Markup("")


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
        id_="meanings",
    )
