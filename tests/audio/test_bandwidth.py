import json

import pytest
import torch

from lfsc.audio import files
from lfsc.audio.bandwidth import measure_bandwidth
from lfsc.audio.resampling import resample


def noise(rate: int, *, up_to: float) -> torch.Tensor:
    """Two seconds of white noise with nothing above `up_to` Hz."""
    spectrum = torch.fft.rfft(torch.randn(2 * rate, generator=torch.Generator().manual_seed(0)))
    spectrum[torch.fft.rfftfreq(2 * rate, 1 / rate) > up_to] = 0
    return 0.1 * torch.fft.irfft(spectrum, 2 * rate)


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000])
@pytest.mark.parametrize("edge", [3400, 5000, 7900])
def test_the_edge_of_noise(rate, edge):
    assert edge <= measure_bandwidth(noise(rate, up_to=edge), sample_rate=rate) <= edge + 500


@pytest.mark.parametrize("rate", [16000, 22050, 48000])
def test_all_there_is(rate):
    assert measure_bandwidth(noise(rate, up_to=rate), sample_rate=rate) == rate / 2


def test_a_higher_rate_adds_nothing():
    audio = resample(noise(16000, up_to=8000), from_rate=16000, to_rate=44100)
    assert measure_bandwidth(audio, sample_rate=44100) <= 8250


def test_silence_and_scraps():
    assert measure_bandwidth(torch.zeros(1000), sample_rate=22050) == 0
    assert 0 < measure_bandwidth(torch.randn(10), sample_rate=22050) <= 11025


def test_tells_limited_from_full_speech(real_speech):
    found = {"full": [], "limited": [], "16k": []}
    for line in (real_speech / "manifest.jsonl").read_text().splitlines()[::3]:
        row = json.loads(line)
        audio, rate = files.read(real_speech / row["path"], num_samples=10 * row["sample_rate"])
        found[row["band"]].append(measure_bandwidth(audio, sample_rate=rate))
    share = {band: sum(edge > 9000 for edge in edges) / len(edges) for band, edges in found.items()}
    assert share["full"] > 0.98
    assert share["16k"] == 0
    assert share["limited"] < 0.35
