import pytest
import torch
from transformers import Wav2Vec2FeatureExtractor, WavLMConfig, WavLMForXVector

from lfsc.metrics.metric import Pair, Unmeasurable
from lfsc.metrics.speaker import load_speaker_similarity


@pytest.fixture(scope="module")
def tiny_wavlm(tmp_path_factory) -> str:
    config = WavLMConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=[8] * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        tdnn_dim=[8, 8],
        tdnn_kernel=[5, 1],
        tdnn_dilation=[1, 1],
        xvector_output_dim=8,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = WavLMForXVector(config)
    folder = tmp_path_factory.mktemp("wavlm")
    model.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return str(folder)


def test_similarity_is_the_cosine_of_the_model_s_own_embeddings(speech, tiny_wavlm):
    metric = load_speaker_similarity(tiny_wavlm)
    measured = metric(Pair(fake=speech.fake, real=speech.real, sample_rate=16000))
    model = WavLMForXVector.from_pretrained(tiny_wavlm).eval()
    with torch.inference_mode():
        a, b = (model(((x - x.mean()) / (x.var(unbiased=False) + 1e-7).sqrt())[None]).embeddings[0] for x in speech)
    assert measured.value == pytest.approx(float((a @ b) / a.norm() / b.norm()), abs=1e-5)
    assert metric(Pair(fake=speech.real, real=speech.real, sample_rate=16000)).value == pytest.approx(1, abs=1e-6)


def test_too_short_to_tell_a_voice(tiny_wavlm):
    short = torch.ones(4000)
    with pytest.raises(Unmeasurable, match=r"0\.5 s"):
        load_speaker_similarity(tiny_wavlm)(Pair(fake=short, real=short, sample_rate=16000))
