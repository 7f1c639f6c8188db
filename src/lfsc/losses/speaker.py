"""Whether fake audio has the voice of the real (YourTTS, arXiv 2112.02418), by a frozen speaker encoder."""

from os.path import expanduser
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModelForAudioXVector

from lfsc.audio.with_torchaudio import build_resampler
from lfsc.discriminators.frozen import Frozen
from lfsc.io.pretrained import load_model
from lfsc.nn.arguments import require_flags, require_whole


class SpeakerConsistencyLoss(nn.Module):
    """Minus the mean cosine of the embeddings of fake and real audio [B,T] that are pairs: −1 for the same voice.

    `encoder` makes an embedding [B,D] of audio [B,T] at `encoder_rate` Hz; it is frozen and in no checkpoint.
    """

    def __init__(self, *, encoder: nn.Module, sample_rate: int, encoder_rate: int = 16000):
        super().__init__()
        require_whole(sample_rate=sample_rate, encoder_rate=encoder_rate)
        self.resample = build_resampler(sample_rate, encoder_rate)
        self.encoder = Frozen(encoder)

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        with torch.no_grad():
            of_real = self.embed(real)
        return -F.cosine_similarity(self.embed(fake), of_real, dim=-1).mean()

    def embed(self, audio: Tensor) -> Tensor:
        # In float32 under any autocast: cosines of voices differ in the third digit.
        with torch.autocast(audio.device.type, enabled=False):
            return self.encoder(self.resample(audio.float()))


class XVector(nn.Module):
    """Embeddings [B,D] of audio [B,T] by an x-vector model of transformers, normalized as by its feature extractor."""

    EPS = 1e-7  # under the root of the variance, the feature extractor's

    def __init__(self, model: nn.Module, *, normalize: bool):
        super().__init__()
        require_flags(normalize=normalize)
        self.model = model
        self.normalize = normalize

    def forward(self, audio: Tensor) -> Tensor:
        if self.normalize:
            variance, mean = torch.var_mean(audio, dim=-1, keepdim=True, correction=0)
            audio = (audio - mean) / (variance + self.EPS).sqrt()
        return self.model(audio).embeddings


def load_speaker_encoder(*, path: str, normalize: bool = True) -> XVector:
    """The x-vector model of a local folder that save_pretrained wrote, in float32; nothing is ever downloaded."""
    folder = expanduser(path) if isinstance(path, str) else ""
    if not folder or not Path(folder, "config.json").is_file():
        raise ValueError(
            f"path is {path!r}: expected a folder with an x-vector model of transformers, such as `hf download "
            "microsoft/wavlm-base-plus-sv --local-dir FOLDER` brings"
        )
    model = load_model(AutoModelForAudioXVector.from_pretrained, folder, dtype=torch.float32)
    return XVector(model, normalize=normalize)
