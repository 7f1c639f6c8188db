"""Archives that we write, read again by us and by NeMo."""

import subprocess
from pathlib import Path

import numpy
import pytest
import torch

import lfsc
from lfsc.config.instantiate import build
from lfsc.export.bundle import write_bundle
from lfsc.export.nemo import write_nemo
from lfsc.formats.licences import statements_of
from lfsc.formats.nemo.writing import config_to_nemo, write_archive
from lfsc.formats.resolve import resolve


def tensors(path: Path) -> dict:
    with resolve(path) as found:
        parts = found.codec_weights(), found.discriminator_weights()
        return {name: weights[name] for weights in parts for name in weights}


def test_archive_bundle_archive_is_the_same_to_the_bit(archive, tmp_path):
    with resolve(archive) as found:
        write_bundle(found, tmp_path / "bundle", with_discriminators=True, statements=statements_of(found))
    with resolve(tmp_path / "bundle") as found:
        write_nemo(found, tmp_path / "again.nemo", with_discriminators=True)
    first, between, last = (tensors(tmp_path / name) for name in ("codec.nemo", "bundle", "again.nemo"))
    assert first.keys() == between.keys() == last.keys()
    assert all(torch.equal(first[name], between[name]) and torch.equal(first[name], last[name]) for name in first)
    assert (tmp_path / "again.nemo").read_bytes() == archive.read_bytes()


def test_plain_weights_are_no_archive(archive, tmp_path):
    with resolve(archive) as found:
        write_bundle(
            found, tmp_path / "bundle", with_discriminators=False, weight_norm=False, statements=statements_of(found)
        )
    with resolve(tmp_path / "bundle") as found, pytest.raises(ValueError, match="its weight norm was removed"):
        write_nemo(found, tmp_path / "again.nemo", with_discriminators=False)
    assert not (tmp_path / "again.nemo").exists()


def test_where_nothing_can_be_written_the_error_has_the_name_that_was_given(archive):
    with resolve(archive) as found, pytest.raises(OSError) as error:
        write_nemo(found, Path("/sys/codec.nemo"), with_discriminators=False)
    assert error.value.filename == "/sys/codec.nemo"


@pytest.mark.peer
@pytest.mark.slow
@pytest.mark.parametrize("with_discriminators", [False, True])
@pytest.mark.parametrize(
    "shape",
    [
        {"rates": (2, 4, 8)},
        {"rates": (3, 5), "levels": (5, 4, 3), "num_codebooks": 3, "sample_rate": 16000, "channels": 6},
        {"rates": (3, 5), "causal": True, "activation": "half_snake", "output_activation": "clamp"},
        {"rates": (2, 5), "causal": True, "causal_encoder": True},
    ],
    ids=["even", "odd", "causal", "causal both ways"],
)
def test_nemo_opens_it_and_computes_the_same(
    with_discriminators, shape, tmp_path, write_checkpoint, discriminators, nemo_python
):
    networks = {"discriminators": discriminators, "discriminator_weights": build(discriminators).state_dict()}
    with resolve(write_checkpoint(tmp_path / "trained.ckpt", **shape)) as found:
        write_archive(
            tmp_path / "ours.nemo",
            codec=found.codec,
            weights=found.codec_weights(),
            **networks if with_discriminators else {},
        )
    codec = lfsc.load(tmp_path / "ours.nemo")
    audio = 0.1 * torch.randn(1, 23 * codec.hop_length + 1)
    answer = asked(nemo_python, tmp_path / "ours.nemo", audio)
    encoded = codec.encode(audio)
    assert numpy.array_equal(encoded.tokens.numpy(), answer["tokens"])
    assert numpy.abs(codec.decode(encoded.tokens).audio.numpy() - answer["decoded"]).max() < 1e-5
    assert answer["strict_unexpected"].size == 0
    constants = ("window", ".fb", "kernel")
    assert not [name for name in answer["strict_missing"] if not name.endswith(constants)]


@pytest.mark.peer
@pytest.mark.slow
def test_nemos_own_archive_through_ours_is_the_same_to_nemo(nemo_reference, tmp_path, nemo_python, reference):
    with resolve(nemo_reference / "codec.nemo") as found:
        write_nemo(found, tmp_path / "ours.nemo", with_discriminators=False)
    answer = asked(nemo_python, tmp_path / "ours.nemo", reference.arrays["clip"])
    assert numpy.array_equal(answer["tokens"], reference.arrays["clip_tokens"].numpy())
    assert numpy.abs(answer["decoded"] - reference.arrays["clip_decoded"].numpy()).max() < 1e-5


def asked(nemo_python: str, archive: Path, audio: torch.Tensor) -> dict:
    """What NeMo makes of an archive and of audio [1,T]."""
    given, out = archive.with_suffix(".in.npz"), archive.with_suffix(".out.npz")
    numpy.savez(given, audio=audio.numpy())
    script = Path(__file__).with_name("ask_nemo.py")
    result = subprocess.run([nemo_python, script, archive, given, out], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    with numpy.load(out) as answer:
        return dict(answer)


def test_an_archive_on_a_full_disk_is_told_and_is_none(archive, tmp_path, small_disk):
    with resolve(archive) as found, pytest.raises(OSError, match="could not be written"), small_disk():
        write_nemo(found, tmp_path / "again.nemo", with_discriminators=False)
    assert not list(tmp_path.glob("*again*"))


@pytest.mark.parametrize("part", ["encoder", "quantizer", "decoder"])
def test_a_class_that_nemo_does_not_have_is_named(part, archive):
    with resolve(archive) as found:
        codec = found.codec | {part: {"_target_": "mine.Part"}}
    with pytest.raises(ValueError, match=f"codec.{part} is mine.Part, which NeMo does not have"):
        config_to_nemo(codec)
