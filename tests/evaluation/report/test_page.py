"""The page in a real browser."""

import pytest
import torch
from PIL import Image

from lfsc.evaluation.codecs.base import Identity
from lfsc.evaluation.codecs.griffin_lim import MelGriffinLim
from lfsc.evaluation.report.examples import examples
from lfsc.evaluation.report.page import page
from lfsc.evaluation.report.summary import Report, definitions, summary
from lfsc.evaluation.runner import Terms, judge
from lfsc.evaluation.signal_metrics import light_metrics

RATE = 22050
NASTY = '<img src=x onerror="document.title=1">.wav'


@pytest.fixture
def report_page(clips, coarse, tmp_path):
    clips = [clips[0]._replace(key=NASTY), *clips[1:]]
    terms = Terms(RATE, [], 0.0, frozenset(), 0)
    codecs = {
        "coarse": coarse,
        "griffin-lim": MelGriffinLim(sample_rate=RATE, device="cpu"),
        "identity": Identity(RATE),
    }
    clips[3].path.write_bytes(b"garbage")
    judged = {label: judge(label, codec, clips, terms, lambda: None) for label, codec in codecs.items()}
    protocol = {"data": "x", "clips": 4, "sample_rate": RATE, "lfsc": "0", "version": 1}
    described = definitions(list(light_metrics(RATE)), RATE)
    report = Report(protocol, described, judged, {"cer": "no weights"})
    shown = examples(judged, by="mel_distance", better="lower", sample_rate=RATE)
    path = tmp_path / "report.html"
    path.write_text(page(report, summary(report), shown), encoding="utf-8")
    return path


def test_the_page_asks_for_nothing_outside_and_holds_no_foreign_markup(report_page):
    text = report_page.read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert not any(f'{attribute}="http' in text for attribute in ("src", "href"))
    for words in ("cer", "not measured: no weights", "1 clips failed", "not a recording", "32 codes each"):
        assert words in text


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
    assert found["ascending"] == ["identity", "griffin-lim", "coarse"]
    assert found["descending"] == found["ascending"][::-1]
    assert found["seconds"] == [pytest.approx(2, abs=0.01)] * len(found["images"])
    assert len(found["images"]) >= 8
    assert min(found["images"]) > 100
    assert found["asked"] == []
    assert found["wide"] <= 0
    assert found["title"].startswith("Codecs judged")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_a_screenshot_shows_text_plots_and_spectrograms(report_page, browse, tmp_path, width):
    browse(report_page, "", width=width, height=5000, screenshot=tmp_path / "shot.png")
    picture = torch.tensor(list(Image.open(tmp_path / "shot.png").convert("RGB").getdata()))
    colours = {tuple(colour) for colour in picture[::7].tolist()}
    # The page's blue, and the yellow end of the spectrograms' palette.
    assert (36, 87, 197) in colours
    assert any(red > 240 and 150 < green < 260 and blue < 200 for red, green, blue in colours)
