import pytest
import torch
import torchaudio

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


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/at/all"])
def test_a_folder_that_is_not_there_is_named(path):
    with pytest.raises(ValueError, match=r"slm\.path=.*nowhere.*no such folder"):
        load_slm(path=path)


def test_without_a_network_the_error_says_what_to_set(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match=r"slm\.path=nobody/nothing can be neither read nor downloaded.*--local-dir"):
        load_slm(path="nobody/nothing")
