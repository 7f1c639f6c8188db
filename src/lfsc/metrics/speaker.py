"""Whether the reconstruction has the original's voice."""

import torch
from torch import nn

from lfsc.io.pretrained import load_model, load_pretrained
from lfsc.metrics.metric import Measurement, Pair, Unmeasurable

# Below this WavLM's front end and its time-delay layers have too few frames for statistics.
MIN_SECONDS = 0.5


class SpeakerSimilarity:
    """Cosine, -1 to 1, between the x-vectors of the reconstruction and of the original (WavLM, arXiv 2110.13900)."""

    def __init__(self, *, model: nn.Module, feature_extractor, device: str = "cpu"):
        self.model = model.eval().to(device)
        self.feature_extractor = feature_extractor
        self.device = device

    def __call__(self, pair: Pair) -> Measurement:
        audio = pair.at(self.feature_extractor.sampling_rate)
        if len(audio.real) < MIN_SECONDS * self.feature_extractor.sampling_rate:
            raise Unmeasurable(f"shorter than {MIN_SECONDS} s")
        return Measurement(
            float(torch.cosine_similarity(self.embedding(audio.fake), self.embedding(audio.real), dim=-1))
        )

    @torch.inference_mode()
    def embedding(self, audio: torch.Tensor) -> torch.Tensor:
        features = self.feature_extractor(
            audio.cpu().numpy(), sampling_rate=self.feature_extractor.sampling_rate, return_tensors="pt"
        )
        return self.model(features.input_values.to(self.device)).embeddings[0]


def load_speaker_similarity(path: str, *, device: str = "cpu") -> SpeakerSimilarity:
    """The x-vector model of a local folder or a hub name."""
    from transformers import AutoFeatureExtractor, AutoModelForAudioXVector

    return SpeakerSimilarity(
        model=load_model(AutoModelForAudioXVector.from_pretrained, path, dtype=torch.float32),
        feature_extractor=load_pretrained(AutoFeatureExtractor.from_pretrained, path),
        device=device,
    )
