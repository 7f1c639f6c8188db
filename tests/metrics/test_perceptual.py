import pytest
import torch
from torch import nn
from torchaudio.models import SquimSubjective, wav2vec2_model
from torchaudio.models.squim.subjective import Predictor

from lfsc.metrics.metric import Audio, Pair, Unmeasurable
from lfsc.metrics.perceptual import SquimMOS, load_squim, pesq


@pytest.fixture(scope="module")
def tiny_squim() -> SquimSubjective:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ssl_model = wav2vec2_model(
            extractor_mode="group_norm",
            extractor_conv_layer_config=[(8, 10, 5), (8, 8, 8), (8, 8, 8)],
            extractor_conv_bias=False,
            encoder_embed_dim=16,
            encoder_projection_dropout=0.0,
            encoder_pos_conv_kernel=8,
            encoder_pos_conv_groups=2,
            encoder_num_layers=1,
            encoder_num_heads=2,
            encoder_attention_dropout=0.0,
            encoder_ff_interm_features=16,
            encoder_ff_interm_dropout=0.0,
            encoder_dropout=0.0,
            encoder_layer_norm_first=False,
            encoder_layer_drop=0.0,
            aux_num_out=None,
        )
        return SquimSubjective(ssl_model, nn.Linear(16, 4), Predictor(8, 2))


def test_pesq_agrees_with_torchmetrics(speech):
    functional = pytest.importorskip("torchmetrics.functional.audio.pesq", exc_type=ImportError)
    pytest.importorskip("pesq", reason="the package pesq needs a C compiler and is not installed")
    oracle = functional.perceptual_evaluation_speech_quality(speech.fake, speech.real, 16000, "wb")
    assert pesq(speech) == pytest.approx(float(oracle))
    assert pesq(Audio(speech.real, speech.real)) == pytest.approx(4.644, abs=1e-3)


@pytest.mark.parametrize(
    ("fake", "real", "reason"),
    [
        (torch.zeros(32000), torch.zeros(32000), "No utterances"),
        (torch.zeros(3000), torch.ones(3000), "1/4 of a second"),
        (torch.zeros(46 * 16000), torch.zeros(46 * 16000), "longer than the 45 s"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_pesq_says_what_it_cannot_take(fake, real, reason):
    pytest.importorskip("pesq", reason="the package pesq needs a C compiler and is not installed")
    with pytest.raises(Unmeasurable, match=reason):
        pesq(Audio(fake, real))


def test_pesq_of_nothing_but_zeros_is_unmeasurable(speech):
    pytest.importorskip("pesq", reason="the package pesq needs a C compiler and is not installed")
    with pytest.raises(Unmeasurable, match="NaN"):
        pesq(Audio(torch.zeros_like(speech.real), speech.real))


def test_squim_gets_the_reconstruction_and_the_non_matching_clip(speech, tiny_squim):
    other = speech.real.flip(0)
    asked = []
    metric = SquimMOS(model=tiny_squim, non_matching=lambda key: asked.append(key) or other)
    measured = metric(Pair(fake=speech.fake, real=speech.real, sample_rate=16000, key="a"))
    with torch.inference_mode():
        expected = tiny_squim.eval()(speech.fake[None], other[None])
    assert asked == ["a"]
    assert measured.value == pytest.approx(float(expected))


@pytest.mark.parametrize("content", [b"", b"not weights", b"RIFF$$", None])
def test_files_that_are_not_squim_are_refused(tmp_path, content):
    path = tmp_path / "squim.pth"
    torch.save({"a": torch.zeros(1)}, path) if content is None else path.write_bytes(content)
    with pytest.raises(ValueError, match=r"squim\.pth does not hold the weights of SQUIM_SUBJECTIVE"):
        load_squim(path)
