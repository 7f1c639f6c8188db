"""A codec that has learned nothing yet: its latents are of the quantizer's size, and its gradients reach everything."""

import pytest
import torch

from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.losses.spectral import MelLoss
from lfsc.models.initialization import initialize

SENTENCES = {
    "en+m5": "Twelve ships left the harbour before dawn, and nobody saw them again.",
    "de+f5": "Am dritten Mai neunzehnhundertachtzig fiel der erste Schnee.",
    "fr+linda": "Vingt-trois oiseaux chantent sous la pluie.",
}
RATE = 22050
SLOW = ("lfsc", "nano_1.78kbps", "nano_0.6kbps", "nano_1.89kbps")
CODECS = ["demo", "pocket", "small", "nano_small", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]


@pytest.fixture(scope="module")
def speech():
    """Three voices of espeak-ng [B,T], as loud as it speaks."""
    espeak = pytest.importorskip("data_prep.corpora.espeak", reason="speech comes from espeakng-loader")
    clips = [espeak.speak(text, voice, 170, 50, 50)[0] for voice, text in SENTENCES.items()]
    return torch.stack([clip[2000 : 2000 + 32 * 1024] for clip in clips])


def codec_of(name: str, scheme: str = "variance_preserving"):
    config = compose("lfsc_22khz", ["data.path=x", f"codec={name}"])["codec"]
    torch.manual_seed(0)
    codec = build(config)
    initialize(codec, scheme)
    return codec


@pytest.fixture(scope="module", params=CODECS)
def codec(request):
    return codec_of(request.param)


@pytest.fixture(scope="module")
def latents(codec, speech):
    with torch.no_grad():
        return codec.encoder(codec.pad(speech))


def test_latents_of_speech_span_the_levels_and_do_not_saturate(latents):
    assert 0.3 < latents.std() < 1.5
    assert all(0.3 < clip.std() < 1.5 for clip in latents)
    assert (latents.std(dim=(0, 2)) > 0.3).all(), "every channel"


def test_other_sounds_have_other_tokens(codec, latents):
    tokens = codec.quantizer(latents).tokens
    for one in range(3):
        for other in range(one):
            assert (tokens[one] == tokens[other]).float().mean() < 0.1
    for codebook in tokens.movedim(1, 0):
        assert len(codebook.unique()) > 0.4 * codebook.numel(), "a sound's tokens change with it"


def test_a_spectral_losss_gradient_reaches_the_first_layer_as_it_does_the_last(codec, speech):
    gradients = {}

    def keep_gradient(layer, inputs, output):
        output.register_hook(lambda gradient: gradients.update({layer: gradient.norm()}))

    layers = codec.encoder.conv_in, codec.encoder.conv_out
    for layer in layers:
        layer.register_forward_hook(keep_gradient)
    audio = speech[:1, 8192 : 8192 + 8 * codec.hop_length]
    loss = MelLoss(sample_rate=RATE, resolutions=[[512, 128, 512], [1024, 256, 1024]], num_mels=[40, 80])
    loss(codec(audio).audio, audio).backward()
    gains = [layer.parametrizations.weight.original0.grad.norm() for layer in layers]
    for first, last in ([gradients[layer] for layer in layers], gains):
        assert 0.1 < first / last < 10


def test_torchs_default_gives_all_sounds_the_same_tokens(speech):
    """The reason for all this; `initialization=torch` draws what torch draws."""
    codec = codec_of("demo", "torch")
    with torch.no_grad():
        tokens = codec.quantizer(codec.encoder(codec.pad(speech))).tokens
    assert all(len(codebook.unique()) == 1 for codebook in tokens.movedim(1, 0))
    torch.manual_seed(0)
    plain = build(compose("lfsc_22khz", ["data.path=x", "codec=demo"])["codec"]).state_dict()
    assert all(torch.equal(value, plain[name]) for name, value in codec.state_dict().items())


def test_the_same_seed_draws_the_same_weights():
    one, other = codec_of("demo").state_dict(), codec_of("demo").state_dict()
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="initialization=nope: expected variance_preserving or torch"):
        initialize(None, "nope")
