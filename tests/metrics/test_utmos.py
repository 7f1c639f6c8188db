"""UTMOS22 against transformers' wav2vec 2.0 with the same weights, under fairseq's names as in the published file."""

import pytest
import torch
from safetensors.torch import save_file
from torch_archives import Runs
from transformers import Wav2Vec2Config, Wav2Vec2Model

from lfsc.metrics.metric import Pair, Unmeasurable
from lfsc.metrics.utmos import UTMOS, load_utmos

WIDTH, FORWARD, CHANNELS, DOMAIN, HIDDEN = 48, 40, 8, 4, 6
# From transformers' names to fairseq's.
FAIRSEQ = (
    ("feature_extractor.conv_layers.0.layer_norm.", "feature_extractor.conv_layers.0.2."),
    (".conv.weight", ".0.weight"),
    ("feature_projection.layer_norm.", "layer_norm."),
    ("feature_projection.projection.", "post_extract_proj."),
    ("encoder.pos_conv_embed.0.weight", "encoder.pos_conv.0.weight"),
    ("encoder.pos_conv_embed.conv.bias", "encoder.pos_conv.0.bias"),
    ("encoder.pos_conv_embed.conv.parametrizations.weight.original0", "encoder.pos_conv.0.weight_g"),
    ("encoder.pos_conv_embed.conv.parametrizations.weight.original1", "encoder.pos_conv.0.weight_v"),
    (".attention.", ".self_attn."),
    (".feed_forward.intermediate_dense.", ".fc1."),
    (".feed_forward.output_dense.", ".fc2."),
    ("masked_spec_embed", "mask_emb"),
)


def fairseq_name(name: str) -> str:
    for old, new in FAIRSEQ:
        name = name.replace(old, new)
    # The norm of a layer, not that of the whole encoder.
    return name.replace(".layer_norm.", ".self_attn_layer_norm.") if "encoder.layers." in name else name


@pytest.fixture(scope="module")
def published():
    """A tiny model of transformers, and all weights as they are published."""
    config = Wav2Vec2Config(
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=12,
        intermediate_size=FORWARD,
        conv_dim=(CHANNELS,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=16,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        wav2vec2 = Wav2Vec2Model(config).eval()
        lstm = torch.nn.LSTM(WIDTH + 2 * DOMAIN, HIDDEN, batch_first=True, bidirectional=True)
        first, last = torch.nn.Linear(2 * HIDDEN, 5), torch.nn.Linear(5, 1)
        context = torch.randn(2 * DOMAIN)
    saved = {f"wav2vec2.{fairseq_name(name)}": tensor for name, tensor in wav2vec2.state_dict().items()}
    saved |= {f"blstm.{name}": tensor for name, tensor in lstm.state_dict().items()}
    saved |= {f"projection.{place}.{name}": tensor for place, layer in (("0", first), ("2", last))
              for name, tensor in layer.state_dict().items()}  # fmt: skip
    saved |= {"domain_emb": context[None, :DOMAIN], "judge_emb": context[None, DOMAIN:]}

    @torch.inference_mode()
    def score(audio: torch.Tensor) -> float:
        frames = wav2vec2(audio[None]).last_hidden_state[0]
        together = torch.cat([frames, context.expand(len(frames), -1)], dim=1)
        return float(2 * last(first(lstm(together)[0]).relu()).mean() + 3)

    return {name: tensor.detach().contiguous().clone() for name, tensor in saved.items()}, score


@pytest.mark.parametrize("name", ["utmos22_strong_step7459_v1.pt", "model.safetensors"])
def test_the_score_is_that_of_another_implementation(tmp_path, speech, published, name):
    saved, score = published
    (save_file if name.endswith(".safetensors") else torch.save)(saved, tmp_path / name)
    for path in (tmp_path / name, tmp_path):
        utmos = UTMOS(model=load_utmos(str(path)))
        pair = Pair(fake=speech.fake, real=speech.real, sample_rate=16000)
        assert utmos(pair).value == pytest.approx(score(speech.fake), abs=1e-4)
    with pytest.raises(Unmeasurable, match="shorter than 25 ms"):
        utmos(Pair(fake=torch.ones(399), real=torch.ones(399), sample_rate=16000))


def expanded(saved):
    return saved | {"domain_emb": torch.zeros(1, 1).expand(1, 2**40)}


def test_files_that_are_not_utmos_are_refused(tmp_path, published, capsys):
    saved, _ = published
    lacking = {name: tensor for name, tensor in saved.items() if not name.startswith("blstm")}
    wrong = saved | {"projection.2.bias": torch.zeros(3)}
    for content in (Runs(print, "run"), {"a": torch.ones(1)}, [], 7, lacking, wrong, expanded(saved)):
        torch.save(content, tmp_path / "a.pt")
        with pytest.raises(ValueError, match=r"a\.pt does not hold the weights of UTMOS22"):
            load_utmos(str(tmp_path / "a.pt"))
    (tmp_path / "b.safetensors").write_bytes(b"junk")
    with pytest.raises(ValueError, match=r"b\.safetensors does not hold"):
        load_utmos(str(tmp_path / "b.safetensors"))
    with pytest.raises(ValueError, match="holds 2 files of weights"):
        load_utmos(str(tmp_path))
    assert "run" not in capsys.readouterr().out
