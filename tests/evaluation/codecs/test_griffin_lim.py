import pytest
import torch

from lfsc.audio.resampling import resample
from lfsc.evaluation.codecs.griffin_lim import MelGriffinLim
from lfsc.metrics.intelligibility import stoi
from lfsc.metrics.metric import Audio


def test_speech_stays_speech_in_the_bits_of_the_paper(voice):
    codec, audio = MelGriffinLim(sample_rate=22050, device="cpu"), voice(3, rate=22050)
    coded = codec.encode_decode(audio)
    assert coded.audio.shape == audio.shape
    assert coded.bits / 3 == pytest.approx(1895, rel=0.03)
    at_16k = Audio(*(resample(x, from_rate=22050, to_rate=16000) for x in (coded.audio, audio)))
    assert stoi(at_16k, extended=False) > 0.6


def test_it_repeats_to_the_last_bit_and_keeps_silence(voice):
    codec, audio = MelGriffinLim(sample_rate=22050, device="cpu"), voice(1, rate=22050)
    assert torch.equal(codec.encode_decode(audio).audio, codec.encode_decode(audio).audio)
    assert codec.encode_decode(torch.zeros(5000)).audio.abs().max() < 1e-6
    assert codec.encode_decode(audio[:10]).audio.shape == (10,)
