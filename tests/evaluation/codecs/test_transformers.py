import pytest
import torch
from transformers import DacConfig, DacModel, EncodecConfig, EncodecModel, MimiConfig, MimiModel

from lfsc.evaluation.codecs.parse import open_codec, parse


def tiny(kind: str) -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if kind == "encodec":
            return EncodecModel(EncodecConfig(num_filters=4, hidden_size=16, codebook_dim=16, num_lstm_layers=1))
        if kind == "dac":
            return DacModel(DacConfig(encoder_hidden_size=4, decoder_hidden_size=32))
        heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16, "num_hidden_layers": 1}
        sizes = {"num_filters": 4, "hidden_size": 32, "intermediate_size": 32, "upsample_groups": 32}
        return MimiModel(MimiConfig(codebook_dim=16, vector_quantization_hidden_dimension=16, **heads, **sizes))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("codecs")
    for kind in ("encodec", "dac", "mimi"):
        tiny(kind).save_pretrained(folder / kind)
    return folder


@pytest.mark.parametrize(
    ("kind", "setting", "rate", "codebooks", "frames", "bits_a_token"),
    [("encodec", "@3", 24000, 4, 76, 10), ("dac", "@5", 16000, 5, 48, 10), ("mimi", "@8", 24000, 8, 13, 11)],
)
def test_clips_are_reconstructed_with_their_tokens(saved, kind, setting, rate, codebooks, frames, bits_a_token):
    codec = open_codec(parse(f"{kind}:{saved / kind}{setting}"), device="cpu", sample_rate=22050)
    coded = codec.encode_decode(0.1 * torch.randn(24001, generator=torch.Generator().manual_seed(0)))
    assert codec.sample_rate == rate
    assert coded.audio.shape == (24001,)
    assert coded.tokens.shape == (codebooks, frames - (kind == "dac"))
    assert coded.bits == coded.tokens.numel() * bits_a_token
    assert codec.facts()["source"] == str(saved / kind)


def test_a_decoder_that_gives_less_than_whole_frames_gives_the_clip_its_length(tmp_path):
    rates = {"downsampling_ratios": [2, 4, 5, 8], "upsampling_ratios": [8, 5, 4, 2]}  # those of DAC at 16 and 24 kHz
    DacModel(DacConfig(encoder_hidden_size=4, decoder_hidden_size=32, **rates)).save_pretrained(tmp_path)
    codec = open_codec(parse(f"dac:{tmp_path}"), device="cpu", sample_rate=16000)
    coded = codec.reconstruct("clip", 0.1 * torch.randn(3200), sample_rate=16000)
    assert coded.tokens.shape[1] == 10
    assert coded.audio.shape == (3200,)


def test_a_model_of_another_kind_is_refused(saved):
    with pytest.raises(ValueError, match="a model of type 'dac', not 'mimi'"):
        open_codec(parse(f"mimi:{saved / 'dac'}"), device="cpu", sample_rate=22050)


def test_a_missing_model(tmp_path):
    with pytest.raises(ValueError, match="neither read nor downloaded"):
        open_codec(parse(f"dac:{tmp_path}"), device="cpu", sample_rate=22050)


def test_half_a_codebook(saved):
    with pytest.raises(ValueError, match="expected a whole number"):
        open_codec(parse(f"dac:{saved / 'dac'}@2.5"), device="cpu", sample_rate=22050).encode_decode(torch.zeros(16000))
