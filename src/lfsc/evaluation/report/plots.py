"""Pictures of sound and of numbers: PNG for spectrograms, SVG drawn by hand for everything else."""

import io

import numpy
import torch
from torch import Tensor

from lfsc.audio.spectrogram import MagnitudeSpectrogram
from lfsc.evaluation.report.html import Markup, element

N_FFT, HOP_LENGTH = 1024, 256
LOUDEST, RANGE = 40.0, 80.0  # dB of a window's magnitude
MAX_COLUMNS, ROWS, WAVE_COLUMNS = 480, 160, 300
SHADES = 64
BINS = 24


def spectrogram_png(audio: Tensor) -> bytes:
    """Magnitudes of audio [T], 80 dB from black to white, one colour for one level in every picture."""
    from matplotlib import colormaps
    from PIL import Image

    audio = torch.nn.functional.pad(audio, (0, max(0, N_FFT - len(audio))))
    spectrogram = MagnitudeSpectrogram(n_fft=N_FFT, hop_length=HOP_LENGTH, win_length=N_FFT, guard=1e-9)
    decibels = 20 * spectrogram(audio[None])[0].log10()
    columns = min(MAX_COLUMNS, decibels.shape[1])
    decibels = torch.nn.functional.adaptive_max_pool2d(decibels[None], (ROWS, columns))[0].flip(0)
    shades = ((decibels - LOUDEST + RANGE) / RANGE * (SHADES - 1)).round().clamp(0, SHADES - 1)
    # A palette, not three colours a pixel: a page holds dozens of pictures.
    image = Image.fromarray(shades.to(torch.uint8).numpy(), mode="P")
    image.putpalette((colormaps["magma"].resampled(SHADES).colors[:, :3] * 255).round().astype("uint8").tobytes())
    picture = io.BytesIO()
    image.save(picture, format="PNG", optimize=True)
    return picture.getvalue()


def waveform_svg(audio: Tensor) -> Markup:
    """The least and the greatest of audio [T] in each of 300 columns; full scale is the whole height."""
    size = max(1, -(-len(audio) // WAVE_COLUMNS))
    columns = torch.nn.functional.pad(audio, (0, -len(audio) % size)).view(-1, size)
    tops, bottoms = 50 - 50 * columns.amax(1), 50 - 50 * columns.amin(1)
    outline = [f"{x},{y:.1f}" for x, y in enumerate(tops.tolist())]
    outline += [f"{x},{y:.1f}" for x, y in reversed(list(enumerate(bottoms.tolist())))]
    polygon = element("polygon", points=" ".join(outline))
    return element("svg", polygon, viewBox=f"0 0 {len(columns)} 100", preserveAspectRatio="none", class_="wave")


def histogram_svg(values: dict[str, list[float]], means: dict[str, dict], colours: dict[str, int]) -> Markup:
    """Shares of clips over the range of all values, a line of steps for each codec, above their means and intervals."""
    everything = numpy.concatenate([numpy.array(found) for found in values.values()])
    low, high = float(everything.min()), float(everything.max())
    edges = numpy.linspace(low, high if high > low else low + 1, BINS + 1)
    shares = {label: numpy.histogram(found, edges)[0] / len(found) for label, found in values.items()}
    top = max(float(share.max()) for share in shares.values())
    steps = [
        element("polyline", points=staircase(share / top), class_=f"codec{colours[label]}", stroke_width=2, fill="none")
        for label, share in shares.items()
    ]
    scale = 240 / (edges[-1] - edges[0])
    marks = [
        element("path", d=mark(means[label], low, scale, y=90 + 10 * place), class_=f"codec{colours[label]}",
                stroke_width=2, fill="none")
        for place, label in enumerate(values)
    ]  # fmt: skip
    title = element("title", f"shares of clips from {low:.4g} to {high:.4g}")
    height = 86 + 10 * len(values)
    return element("svg", title, *steps, *marks, viewBox=f"-2 -2 244 {height}", preserveAspectRatio="none", role="img",
                   class_="plot", style=f"height: {height / 16:.2f}rem")  # fmt: skip


def mark(estimate: dict, origin: float, scale: float, *, y: int) -> str:
    """A line from `low` to `high` with a stroke at `mean`."""
    low, mean, high = (f"{(estimate[name] - origin) * scale:.1f}" for name in ("low", "mean", "high"))
    return f"M{low},{y}H{high}M{mean},{y - 4}v8"


def staircase(heights: numpy.ndarray) -> str:
    width = 240 / len(heights)
    points = ["0,80"]
    for place, height in enumerate(heights):
        points += [f"{place * width:.1f},{80 - 78 * height:.1f}", f"{(place + 1) * width:.1f},{80 - 78 * height:.1f}"]
    return " ".join([*points, "240,80"])


def usage_svg(counts: Tensor) -> Markup:
    """How often each token of one codebook occurs, of counts [codebook_size]; the most frequent first."""
    columns = counts.sort(descending=True).values.double()
    if len(columns) > WAVE_COLUMNS:
        columns = torch.nn.functional.adaptive_avg_pool1d(columns[None], WAVE_COLUMNS)[0]
    heights = (columns / columns.max().clamp(min=1e-12)).numpy()
    polygon = element("polygon", points=staircase(heights))
    title = element("title", "how often each token occurs, the most frequent first")
    return element("svg", title, polygon, viewBox="-1 -2 242 84", preserveAspectRatio="none", role="img", class_="plot")
