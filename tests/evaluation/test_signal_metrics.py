import oracles
import pytest
import torch

from lfsc.audio.resampling import resample
from lfsc.evaluation.corpora import find_clips, select_evenly
from lfsc.evaluation.signal_metrics import missing_signal_metrics, signal_metrics
from lfsc.metrics.fidelity import SISDR, MelDistance, STFTDistance
from lfsc.metrics.intelligibility import stoi
from lfsc.metrics.metric import Audio, Pair, Unmeasurable


@pytest.fixture(scope="module")
def pair(voice) -> Pair:
    real = voice(2, rate=22050)
    noise = torch.randn(len(real), generator=torch.Generator().manual_seed(0))
    return Pair(fake=real + 0.01 * noise, real=real, sample_rate=22050)


def test_each_number_is_that_of_its_module_at_its_rate(pair):
    measured = {metric.name: metric.measure(pair).value for metric in signal_metrics(22050)}
    fake, real = (audio[None] for audio in pair.at(22050))
    assert measured["si_sdr"] == float(SISDR()(fake, real))
    assert measured["mel_distance"] == float(MelDistance(sample_rate=22050)(fake, real))
    assert measured["stft_distance"] == float(STFTDistance()(fake, real))
    at_16k = Audio(*(resample(audio, from_rate=22050, to_rate=16000) for audio in pair.at(22050)))
    assert measured["stoi"] == stoi(at_16k, extended=False)
    assert measured["estoi"] == stoi(at_16k, extended=True)


def test_a_reconstruction_of_silence_has_no_ratio_to_distortion(pair):
    measure = next(metric.measure for metric in signal_metrics(22050) if metric.name == "si_sdr")
    with pytest.raises(Unmeasurable, match="digital silence"):
        measure(Pair(fake=torch.zeros(44100), real=pair.at(22050).real, sample_rate=22050))


def test_mel_cepstral_distortion_is_the_textbooks(pair):
    (metric,) = [metric for metric in signal_metrics(22050) if metric.name == "mcd"]
    fake, real = (audio.double().numpy() for audio in pair.at(22050))
    expected = oracles.mel_cepstral_distortion(fake, real, 22050)
    assert expected > 1
    assert metric.measure(pair).value == pytest.approx(expected, abs=1e-3)


def test_without_optional_packages_the_rest_is_measured(monkeypatch):
    signal_metrics.cache_clear()
    monkeypatch.setattr("lfsc.evaluation.signal_metrics.find_spec", lambda name: None)
    try:
        optional = {"pesq", "visqol", "f0_correlation", "voicing_error"}
        assert not optional & {metric.name for metric in signal_metrics(22050)}
        assert set(missing_signal_metrics()) == optional
        assert missing_signal_metrics()["pesq"].endswith("(it needs a C compiler): pip install 'lfsc[pesq]'")
        assert missing_signal_metrics()["visqol"].endswith("visqol-python is not installed: pip install 'lfsc[visqol]'")
    finally:
        signal_metrics.cache_clear()


@pytest.mark.slow
def test_numbers_of_real_speech_are_those_of_their_libraries_and_formulas(real_speech):
    """Ten recordings, each beside itself in noise, measured here and by hand."""
    from pystoi import stoi as pystoi
    from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio as si_sdr

    pesq = pytest.importorskip("pesq", reason="the package pesq needs a C compiler and is not installed").pesq
    for number, clip in enumerate(select_evenly(find_clips(real_speech), 10)):
        real = clip.load(22050).audio[: 5 * 22050]
        fake = real + 0.02 * torch.randn(len(real), generator=torch.Generator().manual_seed(number))
        pair = Pair(fake=fake, real=real, sample_rate=22050)
        found = {metric.name: metric.measure(pair).value for metric in signal_metrics(22050)}
        at_16k = [resample(audio, from_rate=22050, to_rate=16000).numpy() for audio in (real, fake)]
        assert found.pop("pesq") == pytest.approx(pesq(16000, *at_16k, "wb"), abs=1e-6)
        assert found.pop("stoi") == pytest.approx(pystoi(*at_16k, 16000), abs=1e-9)
        assert found.pop("estoi") == pytest.approx(pystoi(*at_16k, 16000, extended=True), abs=1e-6)
        assert found["si_sdr"] == pytest.approx(float(si_sdr(fake, real, zero_mean=True)), abs=1e-4)
        # Of packages that may be absent, and have tests of their own.
        for name in ("visqol", "f0_correlation", "voicing_error"):
            found.pop(name, None)
        by_hand = formulas(fake.double().numpy(), real.double().numpy())
        assert set(found) == set(by_hand)
        for name, (value, tolerance) in by_hand.items():
            assert found[name] == pytest.approx(value, abs=tolerance), (clip.key, name)


def formulas(fake, real) -> dict[str, tuple[float, float]]:
    """Each number by its formula in float64, and how far float32 may be from it."""
    return {
        "mel_distance": (oracles.mel_distance(fake, real, 22050), 1e-5),
        "stft_distance": (oracles.stft_distance(fake, real), 1e-5),
        "log_spectral_distance": (oracles.log_spectral_distance(fake, real), 1e-3),
        "mcd": (oracles.mel_cepstral_distortion(fake, real, 22050), 1e-3),
        "spectral_convergence": (oracles.spectral_convergence(fake, real), 1e-5),
        "si_sdr": (oracles.si_sdr(fake, real), 1e-3),
        "loudness_difference": (oracles.loudness(fake, 22050) - oracles.loudness(real, 22050), 1e-3),
        "pause_level_difference": (oracles.pause_level_difference(fake, real, 22050), 1e-3),
    }
