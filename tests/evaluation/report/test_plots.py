import io
import xml.etree.ElementTree as xml

import pytest
import torch
from PIL import Image

from lfsc.evaluation.report.plots import histogram_svg, spectrogram_png, usage_svg, waveform_svg


def test_a_spectrogram_is_bright_where_the_sound_is():
    time = torch.arange(22050) / 22050
    picture = Image.open(io.BytesIO(spectrogram_png(0.5 * torch.sin(2 * torch.pi * 2756 * time)))).convert("L")
    rows = torch.tensor(list(picture.getdata())).view(picture.height, picture.width).float().mean(dim=1)
    # A quarter of the band from below is three quarters from the top.
    assert abs(int(rows.argmax()) / picture.height - 0.75) < 0.02


@pytest.mark.parametrize("length", [1, 299, 22050 * 10])
def test_pictures_of_any_length(length):
    audio = 0.5 * torch.randn(length, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    assert Image.open(io.BytesIO(spectrogram_png(audio))).width <= 480
    polygon = xml.fromstring(waveform_svg(audio))[0]
    points = [tuple(map(float, point.split(","))) for point in polygon.get("points").split()]
    assert max(x for x, _ in points) < 300
    assert all(0 <= y <= 100 for _, y in points)


def test_plots_are_well_formed_for_equal_values_and_unused_codebooks():
    one = {"mean": 1.0, "low": 1.0, "high": 1.0, "count": 2}
    xml.fromstring(histogram_svg({"a": [1.0, 1.0], "b": [1.0]}, {"a": one, "b": one}, {"a": 0, "b": 1}))
    xml.fromstring(usage_svg(torch.zeros(2016, dtype=torch.int64)))
    assert "240" in usage_svg(torch.arange(16))
