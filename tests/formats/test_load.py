"""lfsc.load: every kind of thing a user may hold gives the same codec, and hostile ones give one line."""

import os
import random
import shutil
import subprocess
import sys

import pytest
import torch
from torch_archives import trap

import lfsc
from lfsc.tokens.fingerprint import fingerprint


def same(one, other) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_checkpoint_a_run_and_a_bundle_give_the_same_codec(make_codec, checkpoint, bundle, tmp_path):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    shutil.copy(checkpoint, tmp_path / "run" / "checkpoints" / "last.ckpt")
    codec = make_codec()
    for source in (checkpoint, str(bundle), tmp_path / "run", bundle / "model.safetensors", bundle / "config.yaml"):
        loaded = lfsc.load(source)
        assert same(loaded, codec) and not loaded.training, source
        assert fingerprint(loaded) == fingerprint(codec)
        assert not any(tensor.is_meta for tensor in [*loaded.parameters(), *loaded.buffers()])


def test_a_run_stands_for_its_newest_checkpoint_or_for_the_one_that_is_named(make_codec, checkpoint, tmp_path):
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.yaml").write_text("monitor: val/mel\nmode: min\n")
    (run / "metrics.csv").write_text("update,val/mel\n5,0.5\n9,0.7\n")
    shutil.copy(checkpoint, run / "checkpoints" / "last.ckpt")
    contents = torch.load(checkpoint, weights_only=True)
    other = {f"codec.{name}": tensor for name, tensor in make_codec(seed=1).state_dict().items()}
    torch.save(contents | {"state_dict": contents["state_dict"] | other}, run / "checkpoints" / "best-00000005.ckpt")
    for source, seed in ((run, 0), (f"{run}@last", 0), (f"{run}@best", 1), (f"{run}@5", 1)):
        assert same(lfsc.load(source), make_codec(seed=seed)), source
    with pytest.raises(ValueError, match=r"run@worst: @worst: expected @last, @best or"):
        lfsc.load(f"{run}@worst")


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied"])
def test_of_a_damaged_checkpoint_of_a_run_an_older_one_is_named(checkpoint, tmp_path, damage):
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    content = bytearray(checkpoint.read_bytes())
    for name in ("update-00000005", "best-00000008", "best-copy"):
        (run / "checkpoints" / f"{name}.ckpt").write_bytes(content)
    tensor = torch.load(checkpoint, weights_only=True)["state_dict"]["codec.encoder.conv_out.bias"]
    content[content.index(tensor.numpy().tobytes())] ^= damage == "flipped"
    for name in ("last", "update-00000009", "update-00000008"):
        (run / "checkpoints" / f"{name}.ckpt").write_bytes(
            {"cut": content[:-100], "flipped": content, "emptied": b""}[damage]
        )
    # The best one of update 8 is whole, but run@8 stands for the other one.
    for source in (run, f"{run}@last", f"{run}@8"):
        with pytest.raises(ValueError, match=rf"^{source}: \S+\.ckpt.*; {run}@5 is whole$"):
            lfsc.load(source)
    (run / "checkpoints" / "update-00000005.ckpt").unlink()
    with pytest.raises(ValueError, match=r"last\.ckpt.*(?<!whole)$"):
        lfsc.load(run)


def test_averaged_weights_are_taken_where_a_run_has_them(checkpoint, make_codec):
    average = make_codec(seed=1)
    contents = torch.load(checkpoint, weights_only=True)
    contents["ema"] = {f"codec.{name}": parameter.detach() for name, parameter in average.named_parameters()}
    torch.save(contents, checkpoint)
    assert same(lfsc.load(checkpoint), average)
    torch.save(contents | {"ema": {}}, checkpoint)
    assert same(lfsc.load(checkpoint), make_codec())
    torch.save(contents | {"ema": torch.ones(2)}, checkpoint)
    with pytest.raises(ValueError, match="holds no state dict where one belongs"):
        lfsc.load(checkpoint)


def test_a_plain_bundle_makes_the_same_tokens_under_the_same_fingerprint(make_codec, plain_bundle):
    codec, plain = make_codec(), lfsc.load(plain_bundle)
    audio = 0.1 * torch.randn(2, 50 * codec.hop_length)
    assert torch.equal(plain.encode(audio).tokens, codec.encode(audio).tokens)
    assert fingerprint(plain) == fingerprint(codec)


def test_a_loaded_codec_trains(bundle):
    codec = lfsc.load(bundle).train()
    codec(0.1 * torch.randn(1, 40 * codec.hop_length)).audio.abs().mean().backward()
    assert all(parameter.grad is not None for parameter in codec.parameters())


def test_a_bundle_loads_without_the_trainer(bundle):
    code = f"import sys, lfsc; lfsc.load({str(bundle)!r}); print(*{{name.split('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split())
    assert {"torch", "safetensors"} <= loaded
    assert not loaded & {"lightning", "hydra", "omegaconf", "transformers", "megatron", "webdataset", "soundfile"}
    assert not loaded & {"huggingface_hub", "onnx", "onnxruntime", "torchaudio"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("nowhere", "there is no such file or folder"),
        ("~nobody-here/codec/of/theirs", "there is no such file or folder"),
        ("/nowhere/at/all.ckpt", "there is no such file or folder"),
        (os.devnull, "it is neither a file nor a folder"),
    ],
)
def test_what_is_not_there_is_said(source, reason):
    with pytest.raises(ValueError, match=f"^{source}: {reason}.*expected a run directory, a checkpoint"):
        lfsc.load(source)


def test_a_misspelt_run_is_not_looked_for_on_a_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^runs/typo: there is no such run"):
        lfsc.load("runs/typo")
    (tmp_path / "mine").mkdir()
    with pytest.raises(ValueError, match=r"^mine/typo: there is no such file or folder"):
        lfsc.load("mine/typo")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("encoder.onnx", "has ONNX graphs, which lfsc does not load: give the codec that they were exported from"),
        ("encoder.pt2", "has torch.export programs, which"),
        ("status.json", "the run has no checkpoints: `lfsc info` says"),
        ("model_config.yaml", "the folder has the files of a NeMo archive: pack them"),
    ],
)
def test_a_folder_of_lfscs_that_holds_no_codec_is_named(tmp_path, name, message):
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=message):
        lfsc.load(tmp_path)


def test_folders_and_files_that_hold_no_codec_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"neither model\.safetensors, nor checkpoints/, nor one \.nemo"):
        lfsc.load(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(ValueError, match="the run has no checkpoint yet"):
        lfsc.load(tmp_path)
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ValueError, match="neither a checkpoint of"):
        lfsc.load(tmp_path / "notes.txt")
    torch.save({"weights": torch.ones(3)}, tmp_path / "other.ckpt")
    with pytest.raises(ValueError, match="no checkpoint of `lfsc train`"):
        lfsc.load(tmp_path / "other.ckpt")


def test_what_was_not_downloaded_is_told(tmp_path, plain_bundle):
    pointer = tmp_path / "codec.nemo"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n")
    (plain_bundle / "model.safetensors").write_bytes(pointer.read_bytes())
    for source, name in ((pointer, pointer.name), (tmp_path, pointer.name), (plain_bundle, "model.safetensors")):
        with pytest.raises(ValueError, match=f"{name} is a pointer of Git LFS and not the file itself: git lfs pull"):
            lfsc.load(source)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("_target_", "os.system", r"codec\._target_ is 'os\.system': only lfsc\.models\.codec\.Codec"),
        ("_target_", "lfsc.discriminators.slm.load_slm", r"codec\._target_"),
        (
            "encoder",
            {"_target_": "subprocess.Popen", "args": ["touch"]},
            r"codec\.encoder\._target_ is 'subprocess\.Popen'",
        ),
        (
            "encoder",
            {"_target_": "lfsc.discriminators.slm.load_slm", "path": "evil/model"},
            r"codec\.encoder\._target_",
        ),
        ("sample_rate", "22050; rm -rf", r"codec\.sample_rate is '22050; rm -rf'"),
        ("extra", 1, "a key 'extra'"),
    ],
)
def test_a_configuration_of_anything_else_is_refused(key, value, reason, checkpoint):
    contents = torch.load(checkpoint, weights_only=True)
    contents["config"]["codec"][key] = value
    torch.save(contents, checkpoint)
    with pytest.raises(ValueError, match=reason):
        lfsc.load(checkpoint)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda state: state.pop("codec.encoder.conv_in.bias"), "1 of .* tensors are missing.*encoder.conv_in.bias"),
        (lambda state: state.update({"codec.encoder.extra": torch.ones(1)}), "1 tensor left over.*encoder.extra"),
        (lambda state: state.update({"codec.encoder.conv_in.bias": torch.ones(9)}), r"conv_in.bias is \[9\], .* \[4\]"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change, reason, checkpoint):
    contents = torch.load(checkpoint, weights_only=True)
    change(contents["state_dict"])
    torch.save(contents, checkpoint)
    with pytest.raises(ValueError, match=reason):
        lfsc.load(checkpoint)


def test_a_checkpoint_of_nemos_trainer_is_named(tmp_path):
    DictConfig = pytest.importorskip("omegaconf").DictConfig
    torch.save({"state_dict": {}, "hyper_parameters": {"cfg": DictConfig({"a": 1})}}, tmp_path / "codec.ckpt")
    with pytest.raises(ValueError, match=r"codec.ckpt: it is a checkpoint of NeMo's trainer: NeMo's model\.save_to"):
        lfsc.load(tmp_path / "codec.ckpt")


def test_a_checkpoint_with_code_leaves_no_trace(checkpoint, tmp_path):
    contents = torch.load(checkpoint, weights_only=True) | {"extra": trap(tmp_path / "trace")}
    torch.save(contents, checkpoint)
    with pytest.raises(ValueError, match="it names posix"):
        lfsc.load(checkpoint)
    assert not (tmp_path / "trace").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["checkpoint", "bundle", "config"])
def test_damaged_bytes_give_one_line_or_a_codec(kind, checkpoint, bundle, tmp_path):
    """Bytes changed, cut off and put in at random: never anything else than ValueError."""
    shutil.copytree(bundle, tmp_path / "copy")
    path = {
        "checkpoint": checkpoint,
        "bundle": tmp_path / "copy" / "model.safetensors",
        "config": tmp_path / "copy" / "config.yaml",
    }[kind]
    original, chance = path.read_bytes(), random.Random(0)
    refused = 0
    for _ in range(60):
        data = bytearray(original)
        for _ in range(chance.choice([1, 1, 5, 50])):
            # Where structure is: the beginning of a bundle, the pickle and the end of a checkpoint.
            place = chance.choice(
                [chance.randrange(len(data)), chance.randrange(min(4000, len(data))), -1 - chance.randrange(2000)]
            )
            data[place % len(data)] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        path.write_bytes(data)
        try:
            lfsc.load(path)
        except ValueError as error:
            refused += 1
            assert str(error).startswith(str(path))
    assert refused > 10
