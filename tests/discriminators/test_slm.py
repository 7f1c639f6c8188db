import json

import pytest
import torch
import torchaudio
from transformers import (
    BertConfig,
    BertModel,
    SeamlessM4TFeatureExtractor,
    Wav2Vec2BertConfig,
    Wav2Vec2BertModel,
    Wav2Vec2FeatureExtractor,
)

from lfsc.discriminators.slm import HiddenStates, SLMDiscriminator, load_slm, random_wavlm


@pytest.fixture(scope="module")
def wavlm():
    return random_wavlm(seed=0, width=16, layers=2)


def test_the_same_seed_gives_the_same_model_and_leaves_the_generator_alone(wavlm):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    again = random_wavlm(seed=0, width=16, layers=2)
    assert torch.equal(torch.rand(3), expected)
    for name, tensor in wavlm.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_hidden_states_are_the_front_ends_and_every_layers(wavlm):
    transform = HiddenStates(slm=wavlm.eval(), sample_rate=22050, slm_rate=16000)
    audio = torch.randn(2, 22050) / 10
    states = transform(audio)
    assert states.shape[:2] == (2, 3 * 16)
    resampled = torchaudio.transforms.Resample(22050, 16000)(audio)
    expected = wavlm(resampled, output_hidden_states=True).hidden_states
    torch.testing.assert_close(states[:, 16:32], expected[1].transpose(1, 2), atol=1e-5, rtol=1e-5)


def test_gradients_reach_the_audio_through_the_frozen_model(wavlm):
    member = SLMDiscriminator(slm=wavlm, sample_rate=22050, slm_rate=16000, in_channels=4, channels=[4, 8])[0]
    audio = (torch.randn(1, 11025) / 10).requires_grad_()
    member.train()
    member.network(member.transform(audio)).score.sum().backward()
    assert audio.grad.abs().sum() > 0
    assert not any("wavlm" in name or "slm" in name or "transform" in name for name in member.state_dict())


def test_a_saved_folder_loads_as_it_was(wavlm, tmp_path):
    wavlm.save_pretrained(tmp_path / "wavlm")
    loaded = load_slm(path=str(tmp_path / "wavlm"))
    for name, tensor in wavlm.state_dict().items():
        assert torch.equal(tensor, loaded.state_dict()[name]), name


def test_a_model_hears_what_its_preprocessor_would_give_it(wavlm, tmp_path):
    audio = torch.randn(2, 4000) / 10 + 0.05
    states = {}
    for said in ({"do_normalize": True}, {"do_normalize": False}, {"sampling_rate": 16000}, None):
        folder = tmp_path / str(said)
        wavlm.save_pretrained(folder)
        if said is not None:
            (folder / "preprocessor_config.json").write_text(json.dumps(said))
        slm = load_slm(path=str(folder)).eval()
        states[str(said)] = HiddenStates(slm=slm, sample_rate=16000, slm_rate=16000)(audio)
        if said is not None:
            extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
            given = extractor(list(audio.numpy()), sampling_rate=16000, return_tensors="pt").input_values
            expected = torch.cat(slm(given, output_hidden_states=True).hidden_states, dim=-1).mT
            torch.testing.assert_close(states[str(said)], expected, atol=1e-4, rtol=1e-4)
    normalized, plain, by_default, silent = states.values()
    assert torch.equal(normalized, by_default), "transformers' own default"
    assert torch.equal(plain, silent)
    assert not torch.equal(normalized, plain)


def test_a_model_that_takes_no_audio_is_refused_in_one_line(tmp_path):
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    Wav2Vec2BertModel(Wav2Vec2BertConfig(**sizes, output_hidden_size=16)).save_pretrained(tmp_path / "w2v")
    SeamlessM4TFeatureExtractor().save_pretrained(tmp_path / "w2v")
    BertModel(BertConfig(**sizes, vocab_size=9)).save_pretrained(tmp_path / "bert")
    for name, takes in (
        ("w2v", "Wav2Vec2BertModel, which takes input_features by a Seam"),
        ("bert", "BertModel, which"),
    ):
        with pytest.raises(
            ValueError, match=rf"slm\.path=.*{name} is a {takes}.*expected a model of audio itself"
        ) as error:
            load_slm(path=str(tmp_path / name))
        assert "\n" not in str(error.value)


def test_a_damaged_preprocessor_is_named(wavlm, tmp_path):
    wavlm.save_pretrained(tmp_path)
    for content in ("{", "[1]"):
        (tmp_path / "preprocessor_config.json").write_text(content)
        with pytest.raises(ValueError, match=r"preprocessor_config.json (is damaged|holds a list)"):
            load_slm(path=str(tmp_path))


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/at/all"])
def test_a_folder_that_is_not_there_is_named(path):
    with pytest.raises(ValueError, match=r"slm\.path=.*nowhere.*no such folder"):
        load_slm(path=path)


def test_without_a_network_the_error_says_what_to_set(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        ValueError, match=r"slm\.path=nobody/nothing can be neither read nor downloaded.*--local-dir.*slm\.path=null"
    ):
        load_slm(path="nobody/nothing")
