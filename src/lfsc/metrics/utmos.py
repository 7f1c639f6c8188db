"""UTMOS: how natural speech sounds, by the strong learner of UTokyo's system of 2022 (arXiv 2204.02152)."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lfsc.audio.with_torchaudio import import_torchaudio
from lfsc.io.messages import first_line
from lfsc.io.torch_file import DAMAGE
from lfsc.metrics.metric import Measurement, Pair, Unmeasurable

# The model of 2022, which papers mean by UTMOS. UTMOSv2 is on no package index, and its score depends on random crops.
UTMOS_RATE = 16000
STRIDES = (5, 2, 2, 2, 2, 2, 2)
# Numbers of wav2vec 2.0 base that no tensor's shape tells.
HEADS, POSITION_GROUPS = 12, 16
# Under this wav2vec 2.0 has no frame.
MIN_SAMPLES = 400
SUFFIXES = ("*.safetensors", "*.pt", "*.pth")
INNER = "wav2vec2."
# From fairseq's names, as in the published file, to torchaudio's.
NAMES = (
    (r"feature_extractor\.conv_layers\.(\d+)\.0\.", r"feature_extractor.conv_layers.\1.conv."),
    (r"feature_extractor\.conv_layers\.0\.2\.", r"feature_extractor.conv_layers.0.layer_norm."),
    (r"layer_norm\.", r"encoder.feature_projection.layer_norm."),
    (r"post_extract_proj\.", r"encoder.feature_projection.projection."),
    (r"encoder\.pos_conv\.0\.", r"encoder.transformer.pos_conv_embed.conv."),
    (r"encoder\.layer_norm\.", r"encoder.transformer.layer_norm."),
    (r"encoder\.layers\.(\d+)\.self_attn\.", r"encoder.transformer.layers.\1.attention."),
    (r"encoder\.layers\.(\d+)\.self_attn_layer_norm\.", r"encoder.transformer.layers.\1.layer_norm."),
    (r"encoder\.layers\.(\d+)\.fc1\.", r"encoder.transformer.layers.\1.feed_forward.intermediate_dense."),
    (r"encoder\.layers\.(\d+)\.fc2\.", r"encoder.transformer.layers.\1.feed_forward.output_dense."),
    (r"encoder\.layers\.(\d+)\.final_layer_norm\.", r"encoder.transformer.layers.\1.final_layer_norm."),
)


class UTMOS22(nn.Module):
    """Scores [B] from 1 to 5 of audio [B,T] at 16 kHz: wav2vec 2.0, the mean domain and listener, an LSTM, a mean."""

    def __init__(self, *, wav2vec2: nn.Module, width: int, domain: int, listener: int, hidden: int, projection: int):
        super().__init__()
        self.wav2vec2 = wav2vec2
        self.domain_emb = nn.Parameter(torch.empty(1, domain))
        self.judge_emb = nn.Parameter(torch.empty(1, listener))
        self.blstm = nn.LSTM(width + domain + listener, hidden, batch_first=True, bidirectional=True)
        self.projection = nn.Sequential(nn.Linear(2 * hidden, projection), nn.ReLU(), nn.Linear(projection, 1))

    def forward(self, audio: Tensor) -> Tensor:
        frames = self.wav2vec2(audio)[0]
        context = torch.cat([self.domain_emb, self.judge_emb], dim=1)[:, None].expand(*frames.shape[:2], -1)
        scores = self.projection(self.blstm(torch.cat([frames, context], dim=2))[0])
        # The network was trained on scores from -1 to 1.
        return 2 * scores.mean(dim=(1, 2)) + 3


class UTMOS:
    """The score of a reconstruction; the original is not heard."""

    def __init__(self, *, model: UTMOS22, device: str = "cpu"):
        self.model = model.eval().to(device)
        self.device = device

    @torch.inference_mode()
    def __call__(self, pair: Pair) -> Measurement:
        fake = pair.at(UTMOS_RATE).fake
        if len(fake) < MIN_SAMPLES:
            raise Unmeasurable(f"shorter than {1000 * MIN_SAMPLES // UTMOS_RATE} ms")
        return Measurement(float(self.model(fake[None].to(self.device))))


def load_utmos(path: str) -> UTMOS22:
    """The model of a file, of a folder with one, or of a hub name; ValueError where it is not UTMOS22's."""
    file = find_file(path)
    try:
        saved = load_file(file) if file.suffix == ".safetensors" else torch.load(file, "cpu", weights_only=True)
        # A tensor may be expanded, and claim what is not there.
        if sum(tensor.numel() * tensor.element_size() for tensor in saved.values()) > file.stat().st_size:
            raise ValueError("its tensors claim more than the file holds")
        model = build(saved)
        model.load_state_dict(rename(saved))
    except (OSError, SafetensorError, *DAMAGE) as error:
        raise ValueError(f"{file} does not hold the weights of UTMOS22: {first_line(error)}") from error
    return model


def find_file(path: str) -> Path:
    place = Path(path)
    if place.is_file():
        return place
    if not place.is_dir():
        from huggingface_hub import snapshot_download

        place = Path(snapshot_download(path, allow_patterns=list(SUFFIXES)))
    files = sorted(file for suffix in SUFFIXES for file in place.glob(suffix))
    if len(files) != 1:
        raise ValueError(f"{path} holds {len(files)} files of weights ({', '.join(SUFFIXES)}), expected one")
    return files[0]


def build(saved: Mapping[str, Tensor]) -> UTMOS22:
    """A model of the sizes that the tensors have."""
    convolutions = [
        saved[f"wav2vec2.feature_extractor.conv_layers.{number}.0.weight"] for number in range(len(STRIDES))
    ]
    width = saved["wav2vec2.post_extract_proj.weight"].shape[0]
    layers = {name.split(".")[3] for name in saved if name.startswith("wav2vec2.encoder.layers.")}
    wav2vec2 = import_torchaudio().models.wav2vec2_model(
        extractor_mode="group_norm",
        extractor_conv_layer_config=[
            (weight.shape[0], weight.shape[2], stride) for weight, stride in zip(convolutions, STRIDES, strict=True)
        ],
        extractor_conv_bias=False,
        encoder_embed_dim=width,
        encoder_projection_dropout=0.0,
        encoder_pos_conv_kernel=saved["wav2vec2.encoder.pos_conv.0.weight_v"].shape[2],
        encoder_pos_conv_groups=POSITION_GROUPS,
        encoder_num_layers=len(layers),
        encoder_num_heads=HEADS,
        encoder_attention_dropout=0.0,
        encoder_ff_interm_features=saved["wav2vec2.encoder.layers.0.fc1.weight"].shape[0],
        encoder_ff_interm_dropout=0.0,
        encoder_dropout=0.0,
        encoder_layer_norm_first=False,
        encoder_layer_drop=0.0,
        aux_num_out=None,
    )
    return UTMOS22(
        wav2vec2=wav2vec2,
        width=width,
        domain=saved["domain_emb"].shape[1],
        listener=saved["judge_emb"].shape[1],
        hidden=saved["blstm.weight_hh_l0"].shape[1],
        projection=saved["projection.0.weight"].shape[0],
    )


def rename(saved: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors by torchaudio's names, without that of wav2vec 2.0's training."""
    renamed = {}
    for name, tensor in saved.items():
        if not name.startswith(INNER):
            renamed[name] = tensor
        elif name != f"{INNER}mask_emb":
            theirs = name.removeprefix(INNER)
            ours = next((re.sub(old, new, theirs) for old, new in NAMES if re.match(old, theirs)), theirs)
            renamed[f"{INNER}{ours}"] = tensor
    return renamed
