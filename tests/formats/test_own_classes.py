"""Codecs with a quantizer of the user's own: built where it is trusted, refused in one line where it is not."""

import sys

import pytest
import torch
import yaml

import lfsc
from lfsc.audio import files
from lfsc.cli import main
from lfsc.config.instantiate import build
from lfsc.config.own_code import import_own
from lfsc.formats.init_from import initialize_from
from lfsc.tokens.fingerprint import fingerprint

CODE = """
from subprocess import Popen

import torch
from torch import nn

from lfsc.models.quantizer import Quantized

open({trace!r}, "w").close()


class Codebooks(nn.Module):
    def __init__(self, *, num_codebooks, size, width, scale=None):
        super().__init__()
        self.num_codebooks, self.codebook_size, self.latent_dim = num_codebooks, size, num_codebooks * width
        self.bits_per_frame = num_codebooks * 4.0
        self.entries = nn.Parameter(torch.randn(num_codebooks, size, width))
        self.register_buffer("first", torch.arange(num_codebooks), persistent=False)

    def forward(self, latents):
        grouped = latents.unflatten(1, (self.num_codebooks, -1))
        distance = (grouped[:, :, None] - self.entries[None, ..., None]).square().sum(3)
        tokens = distance.argmin(2)
        return Quantized(latents + (self.dequantize(tokens) - latents).detach(), tokens)

    def dequantize(self, tokens):
        codes = [self.entries[number][tokens[:, number]] for number in self.first.tolist()]
        return torch.cat(codes, dim=-1).mT
"""
QUANTIZER = {"_target_": "codebooks.Codebooks", "num_codebooks": 2, "size": 16, "width": 4}


@pytest.fixture
def code(tmp_path, monkeypatch):
    """The file of the class, and nothing of it imported; it leaves a trace wherever it is."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "codebooks", raising=False)
    path = tmp_path / "own" / "codebooks.py"
    path.parent.mkdir()
    path.write_text(CODE.format(trace=str(tmp_path / "trace")))
    return path


@pytest.fixture
def own(code, checkpoint, monkeypatch):
    """A checkpoint whose codec has that quantizer."""
    contents = torch.load(checkpoint, weights_only=True)
    contents["config"]["codec"]["quantizer"] = dict(QUANTIZER)
    contents["state_dict"]["codec.quantizer.entries"] = torch.randn(2, 16, 4)
    torch.save(contents, checkpoint)
    return checkpoint


def test_it_is_refused_by_name_and_nothing_is_imported(own, tmp_path):
    with pytest.raises(
        ValueError, match=r"codec\.quantizer\._target_ is 'codebooks\.Codebooks': .*trust.*--with"
    ) as said:
        lfsc.load(own)
    assert "\n" not in str(said.value)
    assert not (tmp_path / "trace").exists()


def test_an_average_has_the_parameters_alone(own, code):
    """Buffers are the last ones."""
    contents = torch.load(own, weights_only=True)
    weights = {name: value for name, value in contents["state_dict"].items() if name.startswith("codec.")}
    entries = weights.pop("codec.quantizer.entries")
    contents["ema"] = {name: value + 1 for name, value in weights.items()}
    torch.save(contents, own)
    codec = lfsc.load(own, trust=[str(code)])
    assert torch.equal(codec.quantizer.entries, entries)
    assert torch.equal(codec.encoder.conv_in.bias, weights["codec.encoder.conv_in.bias"] + 1)


def test_trusted_it_codes_and_has_a_fingerprint_of_its_own(own, code):
    codec = lfsc.load(own, trust=[str(code)])
    audio = 0.1 * torch.randn(1, 60 * codec.hop_length)
    tokens = codec.encode(audio).tokens
    assert tokens.shape == (1, 2, 60)
    assert codec.decode(tokens).audio.shape == audio.shape
    assert not any(tensor.is_meta for tensor in [*codec.parameters(), *codec.buffers()])
    mark = fingerprint(codec)
    codec.quantizer.entries.data[0, 0, 0] += 1
    assert fingerprint(codec) != mark


def test_a_bundle_of_it_says_so_and_asks_again(own, code, tmp_path):
    trust = ["--with", str(code)]
    assert main(["export", str(own), str(tmp_path / "bundle")]) == 2
    assert main(["export", str(own), str(tmp_path / "bundle"), *trust]) == 0
    assert yaml.safe_load((tmp_path / "bundle" / "config.yaml").read_text())["own_classes"] == ["codebooks.Codebooks"]
    assert "trust=['codebooks']" in (tmp_path / "bundle" / "README.md").read_text()
    with pytest.raises(ValueError, match=r"codebooks\.Codebooks"):
        lfsc.load(tmp_path / "bundle")
    one, other = (lfsc.load(source, trust=[str(code)]) for source in (own, tmp_path / "bundle"))
    audio = 0.1 * torch.randn(1, 60 * one.hop_length)
    assert torch.equal(one.encode(audio).tokens, other.encode(audio).tokens)
    assert fingerprint(one) == fingerprint(other)
    for arguments in (["info", str(own)], ["info", str(tmp_path / "bundle")]):
        assert main(arguments) == 2
        assert main([*arguments, *trust]) == 0


def test_commands_take_it(own, code, tmp_path, voice, capsys):
    files.write(tmp_path / "clip.wav", voice(1.0, rate=22050), sample_rate=22050)
    wav, tokens, back = (str(tmp_path / name) for name in ("clip.wav", "clip.lfsc", "back.wav"))
    codec = ["--codec", str(own), "--device", "cpu"]
    assert main(["encode", wav, tokens, *codec]) == 2
    assert "codebooks.Codebooks" in capsys.readouterr().err
    trust = ["--with", str(code)]
    assert main(["encode", wav, tokens, *codec, *trust]) == 0
    assert main(["decode", tokens, back, *codec, *trust]) == 0
    assert main(["reconstruct", wav, str(tmp_path / "direct.wav"), *codec, *trust]) == 0
    assert files.load(back, sample_rate=22050).shape == files.load(wav, sample_rate=22050).shape


def test_nemo_has_no_such_class(own, code, tmp_path, capsys):
    assert main(["export", str(own), str(tmp_path / "codec.nemo"), "--format", "nemo", "--with", str(code)]) == 2
    said = capsys.readouterr().err.strip()
    assert "codec.quantizer is codebooks.Codebooks, which NeMo does not have" in said and "\n" not in said
    assert not (tmp_path / "codec.nemo").exists()


def test_a_run_of_the_same_classes_starts_from_it(own, code):
    config = torch.load(own, weights_only=True)["config"]
    lfsc.load(own, trust=[str(code)])  # which imports the file, as a recipe does
    codec = build(config["codec"])
    initialize_from(own, codec=codec, discriminators=None, config=config)
    assert torch.equal(
        codec.quantizer.entries, torch.load(own, weights_only=True)["state_dict"]["codec.quantizer.entries"]
    )


def test_a_run_of_other_classes_is_told_how_to_start_from_it(own, code):
    config = torch.load(own, weights_only=True)["config"]
    config["codec"]["quantizer"] = {
        "_target_": "lfsc.models.quantizer.GroupedFSQ",
        "num_codebooks": 2,
        "levels": [4] * 4,
    }
    codec = build(config["codec"])
    with pytest.raises(ValueError, match=r"unless you trust code that you have: --with FILE\.py"):
        initialize_from(own, codec=codec, discriminators=None, config=config)
    with pytest.raises(ValueError, match=r"differs from this run .*codec\.quantizer\._target_=codebooks\.Codebooks"):
        initialize_from(own, codec=codec, discriminators=None, config=config, trusted=import_own(code))


@pytest.mark.parametrize(
    ("quantizer", "reason"),
    [
        ({"_target_": "codebooks.Popen", "args": ["touch", "ran"]}, "which is code of subprocess"),
        ({**QUANTIZER, "scale": {"_target_": "os.system", "command": "touch ran"}}, r"scale\._target_ is 'os\.system'"),
        ({**QUANTIZER, "_target_": "codebooks.Missing"}, "cannot be imported"),
        ({**QUANTIZER, "colour": 1}, r"codec\.quantizer \(codebooks\.Codebooks\): TypeError"),
        ({**QUANTIZER, "size": 1 << 30}, r"codec\.quantizer\.size is 1073741824"),
        ({**QUANTIZER, "size": 1 << 20, "width": 1 << 20}, "which are too many"),
        ({**QUANTIZER, "scale": [[0] * 600, [0] * 600]}, "more than 1000 values"),
        ({**QUANTIZER, "size": 17}, r"entries is \[2, 16, 4\], its configuration says \[2, 17, 4\]"),
    ],
)
def test_trust_ends_with_the_class(quantizer, reason, own, code, tmp_path):
    contents = torch.load(own, weights_only=True)
    contents["config"]["codec"]["quantizer"] = quantizer
    torch.save(contents, own)
    with pytest.raises(ValueError, match=reason):
        lfsc.load(own, trust=[str(code)])


def test_a_file_that_is_not_there_or_fails_is_named(own, tmp_path):
    with pytest.raises(ValueError, match=r"missing\.py: no such file of code to trust"):
        lfsc.load(own, trust=tmp_path / "missing.py")
    (tmp_path / "failing_part.py").write_text("1 / 0")
    with pytest.raises(ValueError, match=r"failing_part\.py cannot be imported: ZeroDivisionError"):
        lfsc.load(own, trust=[str(tmp_path / "failing_part.py")])
