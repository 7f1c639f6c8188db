import pytest
import torch
from transformers import AutoFeatureExtractor, Wav2Vec2FeatureExtractor, WavLMConfig, WavLMForXVector

from lfsc.losses.speaker import SpeakerConsistencyLoss, load_speaker_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny x-vector model with random weights, as transformers saves one."""
    path = tmp_path_factory.mktemp("speaker")
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    positions = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4, "num_buckets": 32}
    xvector = {"tdnn_dim": [16] * 3, "tdnn_kernel": [5, 3, 1], "tdnn_dilation": [1, 1, 1], "xvector_output_dim": 12}
    torch.manual_seed(0)
    config = WavLMConfig(**small, **positions, **xvector, conv_dim=[16] * 7, max_bucket_distance=80, layerdrop=0.0)
    WavLMForXVector(config).save_pretrained(path)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(path)
    return str(path)


@pytest.fixture
def loss(folder):
    return SpeakerConsistencyLoss(encoder=load_speaker_encoder(path=folder), sample_rate=22050)


def test_the_same_voice_costs_minus_one_and_pairs_are_pairs(loss):
    audio = 0.1 * torch.randn(2, 22050)
    assert loss(audio, audio).item() == pytest.approx(-1, abs=1e-5)
    pairs = [loss(audio[i : i + 1].flip(-1), audio[i : i + 1]).item() for i in range(2)]
    assert loss(audio.flip(-1), audio).item() == pytest.approx(sum(pairs) / 2, abs=1e-5)


def test_only_the_fake_gets_a_gradient_and_nothing_is_saved(loss):
    fake, real = (torch.randn(1, 22050).mul(0.1).requires_grad_() for _ in range(2))
    loss(fake, real).backward()
    assert fake.grad.abs().sum() > 0 and real.grad is None
    assert not list(loss.parameters())
    assert not any("encoder" in name for name in loss.state_dict())


def test_audio_is_normalized_as_the_models_own_feature_extractor_does(folder):
    extractor, encoder = AutoFeatureExtractor.from_pretrained(folder), load_speaker_encoder(path=folder)
    audio = 0.3 + 0.1 * torch.randn(1, 16000)
    features = extractor(audio[0].numpy(), sampling_rate=16000, return_tensors="pt").input_values
    encoder.eval()
    with torch.no_grad():
        torch.testing.assert_close(encoder(audio), encoder.model(features).embeddings, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("path", [None, "microsoft/wavlm-base-plus-sv", "/nowhere"])
def test_nothing_is_downloaded(path):
    with pytest.raises(ValueError, match="expected a folder with an x-vector model"):
        load_speaker_encoder(path=path)
