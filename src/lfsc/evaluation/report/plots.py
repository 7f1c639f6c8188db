"""Plots of sound and of numbers: PNG for spectrograms, coordinates for the SVG of everything else."""

import io
from itertools import pairwise
from typing import NamedTuple

import numpy
import torch
from torch import Tensor
from torch.nn import functional as F

from lfsc.audio.spectrogram import MagnitudeSpectrogram

N_FFT, HOP_LENGTH = 1024, 256
LOUDEST, RANGE = 40.0, 80.0  # dB of a window's magnitude
MAX_COLUMNS, ROWS, WAVE_COLUMNS = 480, 160, 300
SHADES = 64
BINS = 24
WIDTH = 240  # of histograms and of codebook usage


class Curve(NamedTuple):
    """One codec's part of a histogram: points of its steps, and the path of its mean and interval below them."""

    steps: str
    interval: str


class Histogram(NamedTuple):
    low: float
    high: float
    curves: dict[str, Curve]


def spectrogram_png(audio: Tensor) -> bytes:
    """Magnitudes of audio [T], 80 dB from black to white, the same colour for the same level in every plot."""
    from matplotlib import colormaps
    from PIL import Image

    audio = F.pad(audio, (0, max(0, N_FFT - len(audio))))
    spectrogram = MagnitudeSpectrogram(n_fft=N_FFT, hop_length=HOP_LENGTH, win_length=N_FFT, guard=1e-9)
    decibels = 20 * spectrogram(audio[None])[0].log10()
    columns = min(MAX_COLUMNS, decibels.shape[1])
    decibels = F.adaptive_max_pool2d(decibels[None], (ROWS, columns))[0].flip(0)
    shades = ((decibels - LOUDEST + RANGE) / RANGE * (SHADES - 1)).round().clamp(0, SHADES - 1)
    # A palette, not three colours per pixel: a page holds dozens of spectrograms.
    image = Image.fromarray(shades.to(torch.uint8).numpy(), mode="P")
    palette = colormaps["magma"].resampled(SHADES)(range(SHADES))[:, :3]
    image.putpalette((palette * 255).round().astype("uint8").tobytes())
    png = io.BytesIO()
    image.save(png, format="PNG", optimize=True)
    return png.getvalue()


def waveform_outline(audio: Tensor) -> str:
    """Points of the greatest and the least of audio [T] in up to 300 columns; full scale is 0 … 100."""
    size = max(1, -(-len(audio) // WAVE_COLUMNS))
    columns = F.pad(audio, (0, -len(audio) % size)).view(-1, size)
    width = WAVE_COLUMNS / len(columns)
    tops, bottoms = (list(enumerate(edge.tolist())) for edge in (50 - 50 * columns.amax(1), 50 - 50 * columns.amin(1)))
    return " ".join(f"{x * width:.1f},{y:.1f}" for x, y in tops + bottoms[::-1])


def histogram(values: dict[str, list[float]], means: dict[str, dict]) -> Histogram:
    """Fractions of clips over the range of all codecs' values, above the codecs' means and intervals."""
    everything = numpy.concatenate([numpy.array(found) for found in values.values()])
    low, high = float(everything.min()), float(everything.max())
    edges = numpy.linspace(low, high if high > low else low + 1, BINS + 1)
    fractions = {label: numpy.histogram(found, edges)[0] / len(found) for label, found in values.items()}
    top = max(float(fraction.max()) for fraction in fractions.values())
    scale = WIDTH / (edges[-1] - edges[0])
    return Histogram(low, high, {
        label: Curve(staircase(fraction / top), interval_path(means[label], low, scale, y=90 + 10 * index))
        for index, (label, fraction) in enumerate(fractions.items())
    })  # fmt: skip


def interval_path(estimate: dict, origin: float, scale: float, *, y: int) -> str:
    """A line from `low` to `high` with a stroke at `mean`."""
    low, mean, high = (f"{(estimate[name] - origin) * scale:.1f}" for name in ("low", "mean", "high"))
    return f"M{low},{y}H{high}M{mean},{y - 4}v8"


def staircase(heights: numpy.ndarray) -> str:
    """Points of steps with heights 0 … 1, from left to right along a base at 80."""
    edges = [f"{x:.1f}" for x in numpy.linspace(0, WIDTH, len(heights) + 1)]
    steps = [
        f"{left},{y:.1f} {right},{y:.1f}" for (left, right), y in zip(pairwise(edges), 80 - 78 * heights, strict=True)
    ]
    return " ".join(["0,80", *steps, f"{WIDTH},80"])


def usage_outline(counts: Tensor) -> str:
    """Points of how often each code of one codebook occurs, of counts [codebook_size]; the most frequent first."""
    columns = counts.sort(descending=True).values.double()
    if len(columns) > WAVE_COLUMNS:
        columns = F.adaptive_avg_pool1d(columns[None], WAVE_COLUMNS)[0]
    return staircase((columns / columns.max().clamp(min=1e-12)).numpy())
