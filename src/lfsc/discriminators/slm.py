"""The hidden states of a speech language model, scored (StyleTTS 2, arXiv 2306.07691)."""

import json
from os.path import expanduser
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel, Wav2Vec2FeatureExtractor, WavLMConfig, WavLMModel
from transformers.utils import FEATURE_EXTRACTOR_NAME, cached_file

from lfsc.audio.with_torchaudio import build_resampler
from lfsc.discriminators.attention import with_fused_attention
from lfsc.discriminators.ensemble import Discriminator, DiscriminatorOutput
from lfsc.discriminators.frozen import Frozen
from lfsc.discriminators.layers import apply_in_turn, normed
from lfsc.io.messages import first_line
from lfsc.io.pretrained import MOST_LAYERS, load_model
from lfsc.nn.arguments import require_whole, require_whole_lists

# The feature extractor of models that take audio itself, and what a model's configuration then says.
AUDIO, NORMALIZES = "Wav2Vec2FeatureExtractor", "takes_normalized_audio"


class SLMDiscriminator(nn.ModuleList):
    """One discriminator of all hidden states of a frozen `slm` that takes `slm_rate` Hz."""

    def __init__(self, *, slm: PreTrainedModel, sample_rate: int, slm_rate: int, in_channels: int, channels: list[int]):
        require_whole(sample_rate=sample_rate, slm_rate=slm_rate, in_channels=in_channels)
        require_whole_lists(channels=channels)
        transform = HiddenStates(slm=slm, sample_rate=sample_rate, slm_rate=slm_rate)
        network = HiddenStatesNetwork(transform.channels, in_channels=in_channels, channels=channels)
        super().__init__([Discriminator(transform=Frozen(transform), network=network)])


class HiddenStates(nn.Module):
    """[B, layers·width, frames] of audio [B,T]: the front end's output and every layer's, side by side."""

    def __init__(self, *, slm: PreTrainedModel, sample_rate: int, slm_rate: int):
        super().__init__()
        self.resample = build_resampler(sample_rate, slm_rate)
        self.slm = with_fused_attention(slm)
        self.normalizes = getattr(slm.config, NORMALIZES, False)
        self.channels = (slm.config.num_hidden_layers + 1) * slm.config.hidden_size

    def forward(self, audio: Tensor) -> Tensor:
        with torch.autocast(audio.device.type, enabled=False):
            resampled = self.resample(audio.float())
            if self.normalizes:
                resampled = normalize(resampled)
        states = self.slm(resampled, output_hidden_states=True).hidden_states
        return torch.cat(states, dim=-1).transpose(1, 2)


class HiddenStatesNetwork(nn.Module):
    """Convolutions over frames; its feature maps are its own activations, not the hidden states."""

    def __init__(self, hidden_channels: int, *, in_channels: int, channels: list[int]):
        super().__init__()
        widths = [in_channels, *channels]
        self.activation = nn.LeakyReLU(0.1, inplace=True)
        self.conv_in = normed(nn.Conv1d(hidden_channels, in_channels, 1))
        self.convs = nn.ModuleList(
            normed(nn.Conv1d(width_in, width_out, 5, padding=2))
            for width_in, width_out in zip(widths[:-1], channels, strict=True)
        )
        self.score = normed(nn.Conv1d(channels[-1], 1, 3, padding=1))

    def forward(self, states: Tensor) -> DiscriminatorOutput:
        feature_maps = apply_in_turn(self.convs, self.activation, self.conv_in(states))
        return DiscriminatorOutput(self.score(feature_maps[-1]), feature_maps)


def normalize(audio: Tensor) -> Tensor:
    """Each clip of audio [B,T] with mean 0 and variance 1, as transformers' Wav2Vec2FeatureExtractor does it."""
    variance, mean = torch.var_mean(audio, dim=-1, correction=0, keepdim=True)
    return (audio - mean) * torch.rsqrt(variance + 1e-7)


def load_slm(*, path: str) -> PreTrainedModel:
    """The model of a local folder or a hub name, in float32; its `config` says whether it takes normalized audio.

    ValueError for a model that takes no audio of 16 kHz.
    """
    folder = Path(expanduser(path))
    if path.startswith((".", "/", "~")) and not folder.is_dir():
        raise ValueError(f"slm.path={path}: no such folder; give one that save_pretrained wrote, or a hub name")
    place = str(folder) if folder.is_dir() else path
    try:
        preprocessor = read_preprocessor(place)
        model = load_model(AutoModel.from_pretrained, place, dtype=torch.float32)
    except OSError as error:
        raise ValueError(
            f"slm.path={path} can be neither read nor downloaded ({first_line(error)}); "
            f"where there is a network, run `hf download {path} --local-dir wavlm` and set slm.path to that folder, "
            "or train without it by slm.path=null"
        ) from error
    kind = preprocessor.get("feature_extractor_type", AUDIO)
    if model.main_input_name != "input_values" or kind != AUDIO:
        raise ValueError(
            f"slm.path={path} is a {type(model).__name__}, which takes {model.main_input_name} by a {kind}: expected a "
            "model of audio itself, such as WavLM, HuBERT, wav2vec 2.0 or data2vec"
        )
    # What the file leaves out is as in the class that reads it.
    extractor = cast(Wav2Vec2FeatureExtractor, Wav2Vec2FeatureExtractor.from_dict(preprocessor))
    normalizes = extractor.do_normalize if preprocessor else False
    setattr(model.config, NORMALIZES, normalizes)
    return model


def read_preprocessor(place: str) -> dict[str, Any]:
    """What a model's preprocessor_config.json says; nothing where it has none: it then takes audio as it is."""
    file = cached_file(place, FEATURE_EXTRACTOR_NAME, _raise_exceptions_for_missing_entries=False)
    try:
        settings = {} if file is None else json.loads(Path(file).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is damaged: {error}") from error
    if not isinstance(settings, dict):
        raise ValueError(f"{file} holds a {type(settings).__name__}: expected keys and values")
    return settings


def random_wavlm(*, seed: int, width: int, layers: int) -> WavLMModel:
    """An untrained WavLM of the given size, the same for the same seed: it exercises every part and teaches little."""
    require_whole(least=0, seed=seed)
    require_whole(width=width)
    require_whole(most=MOST_LAYERS, layers=layers)
    config = WavLMConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        conv_dim=[width] * 7,
        layerdrop=0.0,
        num_conv_pos_embeddings=15,  # an even number would meet what lfsc.cpu.half_precision tells of
        num_conv_pos_embedding_groups=4,
        num_buckets=32,
        max_bucket_distance=80,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return WavLMModel(config)
