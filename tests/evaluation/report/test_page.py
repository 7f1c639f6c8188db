"""The page in a real browser."""

from html import unescape

import jinja2
import pytest
import torch
from PIL import Image

from lfsc.evaluation.codecs.base import Identity
from lfsc.evaluation.codecs.griffin_lim import MelGriffinLim
from lfsc.evaluation.model_metrics import MODELS
from lfsc.evaluation.report.examples import load_examples
from lfsc.evaluation.report.page import FAMILIES, environment, render_page
from lfsc.evaluation.report.summary import Report, definitions, summarize
from lfsc.evaluation.runner import Settings, evaluate_codec
from lfsc.evaluation.signal_metrics import OPTIONAL, signal_metrics

RATE = 22050
HOSTILE = (
    '<script>document.title="broken"</script>',
    '"><img src=x onerror="document.title=1">',
    "' onmouseover='document.title=2",
    "{{7*7}}{% for %}",
)


# All but those of pitch, which take as long as all else.
MEASURED = frozenset(metric.name for metric in signal_metrics(RATE)) - {"f0_correlation", "voicing_error"}


@pytest.fixture(scope="module")
def report_page(write_clips, coarse, tmp_path_factory):
    """Three codecs over four clips, one of them damaged, with hostile text wherever text comes from outside."""
    folder = tmp_path_factory.mktemp("page")
    clips = write_clips(folder / "recordings")
    clips[3].path.write_bytes(b"garbage")
    clips = [
        clip._replace(key=text, speaker=text, language=text, corpus=text, text=text)
        for clip, text in zip(clips, HOSTILE, strict=True)
    ]
    settings = Settings(RATE, [], 0.0, frozenset(), 0, MEASURED)
    codecs = {
        "coarse": coarse,
        "griffin-lim": MelGriffinLim(sample_rate=RATE, device="cpu"),
        "identity" + HOSTILE[1]: Identity(RATE),
    }
    results = {label: evaluate_codec(label, codec, clips, settings, lambda: None) for label, codec in codecs.items()}
    results["coarse"] = results["coarse"]._replace(unpaired=HOSTILE)
    protocol = {"data": HOSTILE[0], "clips": 4, "sample_rate": RATE, "lfsc": "0", "version": 1}
    described = definitions(list(signal_metrics(RATE)), RATE)
    report = Report(protocol, described, results, {"cer": f"no weights {HOSTILE[2]}"})
    examples = load_examples(results, by="mel_distance", better="lower", sample_rate=RATE)
    path = folder / "report.html"
    path.write_text(render_page(report, summarize(report), examples), encoding="utf-8")
    return path


def test_the_page_has_every_section_and_loads_nothing_from_outside(report_page):
    text = report_page.read_text(encoding="utf-8")
    assert not any(f'{attribute}="http' in text for attribute in ("src", "href"))
    for words in (
        "not measured: no weights",
        "1 clip failed",
        "4 recordings without an original",
        "not a recording",
        "32 codes each",
        "there are no tokens",
        "#1</small>",
        " … ",
        "<audio controls",
        "nearer to 0",
    ):
        assert words in text, words
    for target in ("results", "listening", "distributions", "groups", "codebooks", "excluded", "clips", "definitions"):
        assert f'<a href="#{target}">' in text and f'<section id="{target}">' in text


def test_every_metric_has_its_table():
    known = {
        *definitions(list(signal_metrics(RATE)), RATE),
        *OPTIONAL,
        *(name for names in MODELS.values() for name in names),
    }
    assert known == {name for names in FAMILIES.values() for name in names}


def test_text_from_outside_is_escaped_and_is_no_template(report_page):
    text = report_page.read_text(encoding="utf-8")
    for hostile in HOSTILE[:3]:
        assert hostile not in text
    assert "49" not in text.partition("<h1>")[2].partition("</h1>")[0]
    # Titles, speakers, languages, texts, keys of clips and recordings: all are there to be read.
    assert all(unescape(text).count(hostile) > 5 for hostile in HOSTILE)


def test_a_name_that_a_template_does_not_know_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ summary.nothing }}").render(summary={})


@pytest.mark.slow
def test_tables_sort_sounds_load_and_a_phone_does_not_scroll_sideways(report_page, browse):
    script = """
      const heads = [...document.querySelectorAll("#results th button")];
      const head = heads.find(button => button.textContent.startsWith("mel distance"));
      const names = () => [...document.querySelector("#results tbody").rows].map(row => row.cells[0].textContent);
      head.click(); const ascending = names(); head.click(); const descending = names();
      const players = [...document.querySelectorAll("audio")];
      const seconds = await Promise.all(players.map(a => a.duration ? a.duration : new Promise(done => {
        a.addEventListener("loadedmetadata", () => done(a.duration)); a.addEventListener("error", () => done(-1)); })));
      const images = [...document.images].map(image => image.naturalWidth);
      const loaded = performance.getEntriesByType("resource").map(entry => entry.name);
      const asked = loaded.filter(name => !name.startsWith("data:"));
      const result = {ascending, descending, seconds, images, asked, title: document.title,
                      wide: document.documentElement.scrollWidth - window.innerWidth}"""
    found = browse(report_page, script, width=500)
    assert found["ascending"] == ["identity" + HOSTILE[1], "griffin-lim", "coarse"]
    assert found["descending"] == found["ascending"][::-1]
    assert found["seconds"] == [pytest.approx(1, abs=0.01)] * len(found["images"])
    assert len(found["images"]) >= 8
    assert min(found["images"]) > 80
    assert found["asked"] == []
    assert found["wide"] <= 0
    assert found["title"].startswith("Codec evaluation: coarse")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_a_screenshot_shows_text_plots_and_spectrograms(report_page, browse, tmp_path, width):
    browse(report_page, "", width=width, height=5000, screenshot=tmp_path / "shot.png")
    picture = torch.tensor(list(Image.open(tmp_path / "shot.png").convert("RGB").getdata()))
    colours = {tuple(colour) for colour in picture[::7].tolist()}
    # The page's blue, and the yellow end of the spectrograms' palette.
    assert (36, 87, 197) in colours
    assert any(red > 240 and 150 < green < 260 and blue < 200 for red, green, blue in colours)
