import io

import pytest
import torch
from PIL import Image

from lfsc.evaluation.report.plots import histogram, spectrogram_png, usage_outline, waveform_outline


def points(outline: str) -> list[tuple[float, float]]:
    return [tuple(map(float, point.split(","))) for point in outline.split()]


def test_a_spectrogram_is_bright_where_the_sound_is():
    time = torch.arange(22050) / 22050
    picture = Image.open(io.BytesIO(spectrogram_png(0.5 * torch.sin(2 * torch.pi * 2756 * time)))).convert("L")
    rows = torch.tensor(list(picture.getdata())).view(picture.height, picture.width).float().mean(dim=1)
    # A quarter of the band from below is three quarters from the top.
    assert abs(int(rows.argmax()) / picture.height - 0.75) < 0.02


@pytest.mark.parametrize("length", [1, 299, 22050 * 10])
def test_plots_of_audio_of_any_length(length):
    audio = 0.5 * torch.randn(length, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    assert Image.open(io.BytesIO(spectrogram_png(audio))).width <= 480
    outline = points(waveform_outline(audio))
    assert len(outline) == 2 * min(length, 300)
    assert max(x for x, _ in outline) < 300
    assert min(y for _, y in outline) == pytest.approx(50 - 50 * float(audio.max()), abs=0.06)
    assert max(y for _, y in outline) == pytest.approx(50 - 50 * float(audio.min()), abs=0.06)


def test_a_histogram_has_the_fractions_of_clips_and_the_interval_of_each_codec():
    mean = {"mean": 1.0, "low": 0.5, "high": 1.5, "count": 4}
    found = histogram({"a": [0.0, 0.0, 0.0, 2.0], "b": [1.0]}, {"a": mean, "b": mean})
    assert (found.low, found.high) == (0, 2)
    # Of 24 steps from 80 upwards to 2: codec b has all its clips in one, codec a three quarters in the first.
    assert points(found.curves["a"].steps)[1:3] == [(0, 21.5), (10, 21.5)]
    assert min(y for _, y in points(found.curves["b"].steps)) == 2
    assert found.curves["a"].interval == "M60.0,90H180.0M120.0,86v8"
    assert found.curves["b"].interval == "M60.0,100H180.0M120.0,96v8"


def test_equal_values_and_unused_codebooks():
    one = {"mean": 1.0, "low": 1.0, "high": 1.0, "count": 2}
    assert histogram({"a": [1.0, 1.0]}, {"a": one}).curves["a"].interval == "M0.0,90H0.0M0.0,86v8"
    assert {y for _, y in points(usage_outline(torch.zeros(2016, dtype=torch.int64)))} == {80}
    assert points(usage_outline(torch.tensor([1, 4])))[1:5] == [(0, 2), (120, 2), (120, 60.5), (240, 60.5)]
