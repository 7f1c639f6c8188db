"""The formulas of the signal metrics once more, in float64 numpy and with nothing of this package."""

import math

import numpy as np
from scipy.fft import dct
from scipy.signal import lfilter


def magnitudes(audio: np.ndarray, mode: str) -> np.ndarray:
    """[1025, frames]: sqrt(re² + im² + 1e-5), symmetric Hann of 2048, hop 512, centred."""
    padded = np.pad(audio, 1024, mode=mode)
    frames = np.stack([padded[start : start + 2048] for start in range(0, len(audio) + 1, 512)])
    return np.sqrt(np.abs(np.fft.rfft(frames * np.hanning(2048))) ** 2 + 1e-5).T


def slaney_filters(rate: int, bins: int = 1025) -> np.ndarray:
    """[80, bins] triangles of height 1, their corners even on Slaney's scale: linear to 1 kHz, then logarithmic."""
    step = math.log(6.4) / 27
    top = 15 + math.log(rate / 2 / 1000) / step
    mels = np.linspace(0, top, 82)
    corners = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(step * (mels - 15)))
    hertz = np.linspace(0, rate / 2, bins)
    rising = (hertz - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - hertz) / np.diff(corners)[1:, None]
    return np.maximum(0, np.minimum(rising, falling))


def mel_distance(fake: np.ndarray, real: np.ndarray, rate: int) -> float:
    # floor(T/hop) frames: the last one is dropped.
    mels = [slaney_filters(rate) @ magnitudes(a, "constant")[:, : len(a) // 512] for a in (fake, real)]
    return float(np.abs(np.log1p(mels[0]) - np.log1p(mels[1])).mean())


def stft_distance(fake: np.ndarray, real: np.ndarray) -> float:
    return float(np.abs(np.log1p(magnitudes(fake, "reflect")) - np.log1p(magnitudes(real, "reflect"))).mean())


def log_spectral_distance(fake: np.ndarray, real: np.ndarray) -> float:
    decibels = 20 * np.log10(magnitudes(fake, "reflect") / magnitudes(real, "reflect"))
    return float(np.sqrt((decibels**2).mean(axis=0)).mean())


def spectral_convergence(fake: np.ndarray, real: np.ndarray) -> float:
    ours, theirs = magnitudes(fake, "reflect"), magnitudes(real, "reflect")
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def mel_cepstral_distortion(fake: np.ndarray, real: np.ndarray, rate: int) -> float:
    """The textbook's 10 / ln 10 · sqrt(2 Σ Δc²), with the cepstra c of ln |X| that SPTK has, of 80 mel bands."""
    cepstra = []
    for audio in (fake, real):
        padded = np.pad(audio, 512)
        frames = np.stack([padded[start : start + 1024] for start in range(0, len(audio) - 255, 256)])
        spectrum = np.sqrt(np.abs(np.fft.rfft(frames * np.hanning(1024))) ** 2 + 1e-5)
        filters = slaney_filters(rate, bins=513)
        cepstra.append(dct(np.log(spectrum @ filters.T), type=2, axis=1)[:, 1:25] / 80)
    difference = cepstra[0] - cepstra[1]
    return float((10 / math.log(10) * np.sqrt(2 * (difference**2).sum(axis=1))).mean())


def si_sdr(fake: np.ndarray, real: np.ndarray) -> float:
    fake, real = fake - fake.mean(), real - real.mean()
    target = (fake @ real) / (real @ real) * real
    return float(10 * np.log10((target @ target) / ((fake - target) @ (fake - target))))


def loudness(audio: np.ndarray, rate: int) -> float:
    """LUFS of one channel: a shelf, a high pass, blocks of 0.4 s every 0.1 s, gates at -70 LUFS and 10 LU under."""
    for numerator, denominator in (high_shelf(rate), high_pass(rate)):
        audio = lfilter(numerator, denominator, audio)
    starts = range(0, len(audio) - int(0.4 * rate) + 1, int(0.1 * rate))
    power = np.array([(audio[start : start + int(0.4 * rate)] ** 2).mean() for start in starts])
    level = -0.691 + 10 * np.log10(power + 1e-30)
    kept = level > -70
    kept &= level > -0.691 + 10 * np.log10(power[kept].mean()) - 10
    return float(-0.691 + 10 * np.log10(power[kept].mean()))


def high_shelf(rate: int, gain: float = 4.0, frequency: float = 1500.0, q: float = 1 / math.sqrt(2)):
    a, w = 10 ** (gain / 40), 2 * math.pi * frequency / rate
    cosine, root = math.cos(w), 2 * math.sqrt(a) * math.sin(w) / (2 * q)
    numerator = a * np.array([a + 1 + (a - 1) * cosine + root, -2 * (a - 1 + (a + 1) * cosine),
                              a + 1 + (a - 1) * cosine - root])  # fmt: skip
    return numerator, np.array([a + 1 - (a - 1) * cosine + root, 2 * (a - 1 - (a + 1) * cosine),
                                a + 1 - (a - 1) * cosine - root])  # fmt: skip


def high_pass(rate: int, frequency: float = 38.0, q: float = 0.5):
    w = 2 * math.pi * frequency / rate
    cosine, alpha = math.cos(w), math.sin(w) / (2 * q)
    return np.array([(1 + cosine) / 2, -1 - cosine, (1 + cosine) / 2]), np.array([1 + alpha, -2 * cosine, 1 - alpha])


def pause_level_difference(fake: np.ndarray, real: np.ndarray, rate: int) -> float:
    size = round(0.05 * rate)
    blocks = [audio[: len(audio) // size * size].reshape(-1, size) for audio in (fake, real)]
    quietest = np.argsort((blocks[1] ** 2).mean(axis=1))[: int(0.1 * len(blocks[1]))]
    powers = [(some[quietest] ** 2).mean() for some in blocks]
    return float(10 * np.log10(powers[0] / powers[1]))
