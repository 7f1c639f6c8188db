"""The codecs to compare with that the transformers library runs: EnCodec, DAC and Mimi."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoModel

from lfsc.evaluation.codecs.base import Reconstruction, TokenCodec
from lfsc.io.messages import first_line
from lfsc.io.pretrained import load_pretrained

Model = Any  # of transformers; torch gives the attributes of modules no useful types


class TransformersCodec(TokenCodec):
    """A transformers model of the kind encodec, dac or mimi; `setting` chooses among its bitrates."""

    def __init__(self, kind: str, model: Model, *, setting: float | None, source: str, device: str):
        if getattr(model.config, "audio_channels", 1) != 1:
            raise ValueError(f"{source} codes {model.config.audio_channels} channels; an evaluation is in mono")
        if model.config.model_type != kind:
            raise ValueError(f"{source} is a model of type '{model.config.model_type}', not '{kind}'")
        self.kind, self.model = kind, model.eval().to(device)
        self.setting, self.source, self.device = setting, source, device
        self.sample_rate = model.config.sampling_rate
        self.codebook_size = model.config.codebook_size
        self.frame_rate = self.sample_rate / hop_length(model)

    @torch.inference_mode()
    def encode_decode(self, audio: Tensor) -> Reconstruction:
        hop = hop_length(self.model)
        padded = F.pad(audio, (0, -len(audio) % hop)).to(self.device)[None, None]
        tokens, decoded = RUNNERS[self.kind](self.model, padded, self.setting)
        decoded = decoded.flatten()[: len(audio)]
        # DAC's decoder at 16 and 24 kHz gives eight samples less than its frames have.
        return self.reconstruction(F.pad(decoded, (0, len(audio) - len(decoded))), tokens)

    def facts(self) -> dict:
        setting = {} if self.setting is None else {SETTINGS[self.kind]: self.setting}
        revision = getattr(self.model.config, "_commit_hash", None)
        return super().facts() | {"source": self.source} | setting | ({"revision": revision} if revision else {})


def run_encodec(model: Model, audio: Tensor, kbps: float | None) -> tuple[Tensor, Tensor]:
    encoded = model.encode(audio, bandwidth=kbps)
    return encoded.audio_codes[0, 0], model.decode(encoded.audio_codes, encoded.audio_scales).audio_values


def run_dac(model: Model, audio: Tensor, num_codebooks: float | None) -> tuple[Tensor, Tensor]:
    codes = model.encode(audio, n_quantizers=as_integer(num_codebooks)).audio_codes
    return codes[0], model.decode(audio_codes=codes).audio_values


def run_mimi(model: Model, audio: Tensor, num_codebooks: float | None) -> tuple[Tensor, Tensor]:
    codes = model.encode(audio, num_quantizers=as_integer(num_codebooks)).audio_codes
    return codes[0], model.decode(codes).audio_values


RUNNERS: dict[str, Callable[[Model, Tensor, float | None], tuple[Tensor, Tensor]]] = {
    "encodec": run_encodec,
    "dac": run_dac,
    "mimi": run_mimi,
}
SETTINGS = {"encodec": "kbps", "dac": "codebooks", "mimi": "codebooks"}


def as_integer(setting: float | None) -> int | None:
    if setting is None:
        return None
    if setting < 1 or not setting.is_integer():
        raise ValueError(f"{setting:g} codebooks: expected a whole number after the @")
    return int(setting)


def hop_length(model: Model) -> int:
    """Samples per frame."""
    config = model.config
    return round(config.sampling_rate / config.frame_rate) if config.model_type == "mimi" else config.hop_length


def open_transformers(kind: str, source: str, *, setting: float | None, device: str) -> TransformersCodec:
    """The model of a local folder or a hub name."""
    try:
        model = load_pretrained(AutoModel.from_pretrained, source, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{source} can be neither read nor downloaded ({first_line(error)}); where there is a network, "
            f"run `lfsc weights fetch --only {kind}` and give the folder"
        ) from error
    return TransformersCodec(kind, model, setting=setting, source=source, device=device)
