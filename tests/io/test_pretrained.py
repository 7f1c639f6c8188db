import json
import os

import pytest
import torch

pytest.importorskip("transformers")
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
    with pytest.raises(ValueError, match="asks for the attention 'kernels-community/flash-attn2', expected eager"):
        load_slm(path=str(folder))


class Trap:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch {self.trace}",)


def test_weights_that_are_a_program_are_refused_in_one_line(folder, tmp_path):
    (folder / "model.safetensors").unlink()
    torch.save({"weight": Trap(tmp_path / "trace")}, folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match="weights hold more than numbers") as raised:
        load_pretrained(AutoModel.from_pretrained, str(folder), dtype=torch.float32)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "trace").exists()
    torch.load(folder / "pytorch_model.bin", weights_only=False)
    assert (tmp_path / "trace").exists(), "the trap itself works"
