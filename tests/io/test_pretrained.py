import json
from copy import deepcopy

import pytest
import torch

pytest.importorskip("transformers")
from safetensors.torch import load_file, save_file
from torch_archives import trap
from transformers import AutoModel

from lfsc.discriminators.slm import load_slm, random_wavlm
from lfsc.io.pretrained import load_pretrained


@pytest.fixture
def folder(tmp_path):
    """A tiny WavLM, with a module beside it that leaves a trace where it is imported."""
    random_wavlm(seed=0, width=16, layers=1).save_pretrained(tmp_path / "wavlm")
    (tmp_path / "wavlm/evil.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')\nclass Model: pass\n")
    return tmp_path / "wavlm"


def change(folder, **changes) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


CODE = {"auto_map": {"AutoModel": "evil.Model", "AutoConfig": "evil.Model"}}


def test_code_beside_a_known_model_is_left_alone(folder, tmp_path):
    change(folder, **CODE)
    assert type(load_slm(path=str(folder))).__name__ == "WavLMModel"
    assert not (tmp_path / "trace").exists()


def test_a_model_that_needs_its_own_code_is_refused_without_a_question(folder, tmp_path, monkeypatch):
    change(folder, **CODE, model_type="evil")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with pytest.raises(ValueError, match="contains custom code"):
        load_slm(path=str(folder))
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
def test_attention_from_a_repository_is_refused(folder, key):
    change(folder, **{key: "kernels-community/flash-attn2"})
    try:
        model = load_slm(path=str(folder))
    except ValueError as error:
        assert "asks for the attention 'kernels-community/flash-attn2', expected eager" in str(error)
    else:
        # A transformers, such as 5.1, that reads the key without underscore nowhere.
        assert key == "attn_implementation" and model.config._attn_implementation in ("eager", "sdpa")


@pytest.mark.parametrize("layers", [5000, 10**12])
def test_layers_without_end_are_refused_before_they_are_made(folder, layers):
    change(folder, num_hidden_layers=layers)
    with pytest.raises(ValueError, match=f"its config.json has num_hidden_layers={layers}, expected up to 1000"):
        load_slm(path=str(folder))


def test_weights_that_are_a_program_are_refused_in_one_line(folder, tmp_path):
    (folder / "model.safetensors").unlink()
    torch.save({"weight": trap(tmp_path / "trace")}, folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match="weights hold more than numbers") as raised:
        load_pretrained(AutoModel.from_pretrained, str(folder), dtype=torch.float32)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "trace").exists()
    torch.load(folder / "pytorch_model.bin", weights_only=False)
    assert (tmp_path / "trace").exists(), "the trap itself works"


def test_what_transformers_would_fill_with_random_numbers_is_missed(folder):
    change(folder, num_hidden_layers=2)
    with pytest.raises(ValueError, match=r"it lacks \d+ tensors of its WavLMModel, such as encoder\.layers\.1\."):
        load_slm(path=str(folder))


def test_what_only_training_needs_may_be_missing(folder):
    weights = load_file(folder / "model.safetensors")
    del weights["masked_spec_embed"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert type(load_slm(path=str(folder))).__name__ == "WavLMModel"


GPTQ = {"quantization_config": {"quant_method": "gptq", "bits": 4}}


@pytest.mark.parametrize(
    "changes", [{"hidden_size": 32}, {"hidden_size": -1}, {"num_attention_heads": 0}, {"hidden_size": "x"}, GPTQ]
)
def test_a_configuration_that_does_not_fit_is_one_line(folder, changes):
    change(folder, **changes)
    with pytest.raises(ValueError, match=r"transformers cannot load it \(\w+: ") as raised:
        load_slm(path=str(folder))
    assert "\n" not in str(raised.value)


def test_weights_under_the_names_before_torchs_parametrization_are_read(folder):
    """As in WavLM's published files."""
    # A copy: older safetensors' tensors are the file itself, which is then written anew.
    expected = deepcopy(load_slm(path=str(folder)).state_dict())
    weights = load_file(folder / "model.safetensors")
    for ours, older in (("original0", "weight_g"), ("original1", "weight_v")):
        (name,) = [name for name in weights if name.endswith(f"parametrizations.weight.{ours}")]
        weights[name.replace(f"parametrizations.weight.{ours}", older)] = weights.pop(name)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    torch.testing.assert_close(load_slm(path=str(folder)).state_dict(), expected)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_damaged_files_are_one_line(folder, name):
    (folder / name).write_bytes(b"[" * 100_000)
    with pytest.raises(ValueError) as raised:
        load_slm(path=str(folder))
    assert "\n" not in str(raised.value)
