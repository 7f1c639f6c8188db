"""A codec of ours as an archive that NeMo 3.0's AudioCodecModel.restore_from opens."""

import tarfile
import tempfile
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from lfsc.config.untrusted import parameters_of
from lfsc.formats.nemo.archive import CHECKPOINT, CONFIG, MODEL
from lfsc.formats.nemo.config import DECODERS, ENCODERS, QUANTIZER, ClassMapping
from lfsc.formats.nemo.discriminators import discriminators_to_nemo
from lfsc.formats.nemo.names import CODEC, discriminator_modules, to_nemo
from lfsc.formats.skeleton import Tensors
from lfsc.io import atomic

LOSSES = "nemo.collections.tts.losses.audio_codec_loss."
# What NeMo's model asks for beside the codec: the recipe of NVIDIA's low frame-rate codec.
TRAINING = {
    "max_epochs": 1,
    "steps_per_epoch": 1000,
    "mel_loss_l1_scale": 1.0,
    "mel_loss_l2_scale": 0.0,
    "stft_loss_scale": 20.0,
    "time_domain_loss_scale": 0.0,
    "commit_loss_scale": 0.0,
    "disc_updates_per_period": 1,
    "disc_update_period": 2,
    "loss_resolutions": [[n_fft, n_fft // 4, n_fft] for n_fft in (32, 64, 128, 256, 512, 1024, 2048)],
    "mel_loss_dims": [5, 10, 20, 40, 80, 160, 320],
    "mel_loss_log_guard": 1.0,
    "stft_loss_log_guard": 1.0,
    "feature_loss_type": "absolute",
    "generator_loss": {"_target_": LOSSES + "GeneratorSquaredLoss"},
    "discriminator_loss": {"_target_": LOSSES + "DiscriminatorSquaredLoss"},
    "optim": {
        "_target_": "torch.optim.Adam",
        "lr": 2e-4,
        "betas": [0.8, 0.99],
        "sched": {"name": "ExponentialLR", "gamma": 0.998},
    },
}
WRITTEN_FOR = "3.0.0"


def write_archive(
    path: Path,
    *,
    codec: dict,
    weights: Tensors,
    discriminators: dict | None = None,
    discriminator_weights: Tensors | None = None,
) -> None:
    """Write a .nemo archive (a plain tar, as NeMo's own) of configurations and weights that have their weight norm."""
    config = config_to_nemo(codec)
    state = {to_nemo(name, CODEC): weights[name] for name in weights} | dict(constants(codec["quantizer"]))
    if discriminators is not None:
        assert discriminator_weights is not None  # both or none
        tensors = {name: discriminator_weights[name] for name in discriminator_weights}
        config["discriminator"] = discriminators_to_nemo(discriminators, tensors)
        modules = discriminator_modules(discriminators)
        state |= {to_nemo(name, modules): tensor for name, tensor in tensors.items()}
    # The archive first: where nothing can be written, the error then has its name.
    with (
        atomic.replacing(path) as temporary,
        tarfile.open(temporary, "w:") as tar,
        tempfile.TemporaryDirectory(dir=path.parent) as folder,
    ):
        (Path(folder) / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        # In one order, so that the same weights make the same file.
        with atomic.naming(path, RuntimeError):
            torch.save(dict(sorted(state.items())), Path(folder) / CHECKPOINT)
        tar.add(folder, arcname=".", filter=anonymize)


def anonymize(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member without the name of who wrote it, and the same on every day."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() else 0o644
    return member


def config_to_nemo(codec: dict) -> dict[str, Any]:
    """NeMo's model_config.yaml of our `codec`."""
    # First, as other classes than these need not have rates.
    parts = {
        "audio_encoder": part_to_nemo("encoder", codec["encoder"], ENCODERS),
        "audio_decoder": part_to_nemo("decoder", codec["decoder"], DECODERS),
        "vector_quantizer": part_to_nemo("quantizer", codec["quantizer"], (QUANTIZER,)),
    }
    return {
        "target": MODEL,
        "nemo_version": WRITTEN_FOR,
        "sample_rate": codec["sample_rate"],
        "samples_per_frame": prod(codec["encoder"]["rates"]),
        **TRAINING,
        **parts,
    }


def part_to_nemo(name: str, config: dict, mappings: tuple[ClassMapping, ...]) -> dict[str, Any]:
    mapping = next((each for each in mappings if each.lfsc == config["_target_"]), None)
    if mapping is None:
        raise ValueError(f"codec.{name} is {config['_target_']}, which NeMo does not have: export a bundle instead")
    settings = defaults_of(mapping.lfsc) | config
    return {
        "_target_": mapping.nemo,
        **{theirs: settings[ours] for theirs, (ours, _) in mapping.keys.items()},
        **{key: values[0] for key, values in mapping.ignored.items()},
    }


def defaults_of(target: str) -> dict[str, Any]:
    """The keys of a class that a configuration leaves out where they are as by default; NeMo's may be others."""
    return {name: each.default for name, each in parameters_of(target, target)[0].items()}


def constants(quantizer: dict) -> Iterator[tuple[str, Tensor]]:
    """The tensors that NeMo's quantizers hold beside the weights."""
    levels = quantizer["levels"]
    place = [prod(levels[:digit]) for digit in range(len(levels))]
    for group in range(quantizer["num_codebooks"]):
        name = f"vector_quantizer.fsqs.{group}"
        yield f"{name}.dim_base_index", torch.tensor(place, dtype=torch.int32).view(1, -1, 1)
        yield f"{name}.num_levels", torch.tensor(levels, dtype=torch.int32).view(1, -1, 1)
