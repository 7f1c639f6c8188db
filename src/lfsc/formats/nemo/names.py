"""What NeMo calls a tensor and what we call it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

# Ours and NeMo's name of each module with tensors; {} is an index, the same on both sides.
HALF = (
    ("conv_in", "pre_conv.conv"),
    ("activations.{}", "activations.{}.activation"),
    ("blocks.{}.chains.{}.{}.activation_in", "res_layers.{}.res_blocks.{}.res_blocks.{}.input_activation.activation"),
    ("blocks.{}.chains.{}.{}.dilated", "res_layers.{}.res_blocks.{}.res_blocks.{}.input_conv.conv"),
    (
        "blocks.{}.chains.{}.{}.activation_between",
        "res_layers.{}.res_blocks.{}.res_blocks.{}.skip_activation.activation",
    ),
    ("blocks.{}.chains.{}.{}.plain", "res_layers.{}.res_blocks.{}.res_blocks.{}.skip_conv.conv"),
    ("downsamples.{}", "down_sample_conv_layers.{}.conv"),
    ("upsamples.{}", "up_sample_conv_layers.{}.conv"),
    ("activation_out", "post_activation.activation"),
    ("conv_out", "post_conv.conv"),
)
CODEC = tuple(
    (f"{ours}.{module}", f"{theirs}.{their_module}")
    for ours, theirs in (("encoder", "audio_encoder"), ("decoder", "audio_decoder"))
    for module, their_module in HALF
)
CONVOLUTIONAL = (
    ("{}.network.convs.{}", "discriminators.{}.conv_layers.{}.conv"),
    ("{}.network.score", "discriminators.{}.conv_post.conv"),
)
HIDDEN_STATES = (
    ("0.network.conv_in", "pre"),
    ("0.network.convs.{}", "convs.{}"),
    ("0.network.score", "conv_post"),
)
DISCRIMINATORS = {"stft": CONVOLUTIONAL, "period": CONVOLUTIONAL, "slm": HIDDEN_STATES}


def bands(family: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The names of every resolution and band, which NeMo numbers one within the other."""
    per_resolution = len(family["bands"])
    table = []
    for number in range(per_resolution * len(family["resolutions"])):
        resolution, band = divmod(number, per_resolution)
        for ours, theirs in CONVOLUTIONAL:
            nested = theirs.replace("{}", str(band), 1)
            table.append((ours.replace("{}", str(number), 1), f"discriminators.{resolution}.{nested}"))
    return tuple(table)


# NeMo's name of each tensor of a module of ours first, then the one before torch's parametrization of weight norm.
TENSORS = {
    "bias": ("bias",),
    "parametrizations.weight.original0": ("parametrizations.weight.original0", "weight_g"),
    "parametrizations.weight.original1": ("parametrizations.weight.original1", "weight_v"),
    "snake.alpha": ("snake_act.alpha",),
    "alpha": ("alpha",),
}
# Tensors of an archive that are no weights of ours: constants, what the losses hold, and the frozen language model.
IGNORED = re.compile(
    r"vector_quantizer\..*|(mel|stft)_loss_fn\..*|.*\.window|.*\.resample\.kernel|.*\.slm_model\..*|slm_(encoder|predictor)\..*|speaker_encoder.*"
)


def discriminator_modules(config: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The table of our `discriminators`, whose order is the archive's."""
    families = {name: family for name, family in config.items() if name != "_target_"}
    return tuple(
        (f"families.{name}.{ours}", f"discriminator.discriminators.{number}.{theirs}")
        for number, (name, family) in enumerate(families.items())
        for ours, theirs in (bands(family) if name == "bands" else DISCRIMINATORS[name])
    )


def from_nemo(name: str, modules: Iterable[tuple[str, str]]) -> str | None:
    """Our name of NeMo's tensor; None where `modules` has none."""
    for ours, names in TENSORS.items():
        for theirs in names:
            if name.endswith(f".{theirs}"):
                module = translate(name.removesuffix(f".{theirs}"), ((theirs, ours) for ours, theirs in modules))
                return None if module is None else f"{module}.{ours}"
    return None


def to_nemo(name: str, modules: Iterable[tuple[str, str]]) -> str:
    """NeMo's name of our tensor."""
    for ours, (theirs, *_) in TENSORS.items():
        if name.endswith(f".{ours}"):
            module = translate(name.removesuffix(f".{ours}"), modules)
            if module is not None:
                return f"{module}.{theirs}"
    raise ValueError(f"{name} has no name in NeMo")


def translate(module: str, table: Iterable[tuple[str, str]]) -> str | None:
    for source, target in table:
        if match := re.fullmatch(re.escape(source).replace(r"\{\}", r"(\d+)"), module):
            return target.format(*match.groups())
    return None
