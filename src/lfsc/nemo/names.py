"""What NeMo calls a tensor and what we call it."""

import re
from collections.abc import Iterable

# Ours and NeMo's name of each module with tensors; {} is an index, the same on both sides.
CODEC = (
    ("encoder.conv_in", "audio_encoder.pre_conv.conv"),
    (
        "encoder.blocks.{}.chains.{}.{}.dilated",
        "audio_encoder.res_layers.{}.res_blocks.{}.res_blocks.{}.input_conv.conv",
    ),
    ("encoder.blocks.{}.chains.{}.{}.plain", "audio_encoder.res_layers.{}.res_blocks.{}.res_blocks.{}.skip_conv.conv"),
    ("encoder.downsamples.{}", "audio_encoder.down_sample_conv_layers.{}.conv"),
    ("encoder.conv_out", "audio_encoder.post_conv.conv"),
    ("decoder.conv_in", "audio_decoder.pre_conv.conv"),
    ("decoder.upsamples.{}", "audio_decoder.up_sample_conv_layers.{}.conv"),
    (
        "decoder.blocks.{}.chains.{}.{}.dilated",
        "audio_decoder.res_layers.{}.res_blocks.{}.res_blocks.{}.input_conv.conv",
    ),
    ("decoder.blocks.{}.chains.{}.{}.plain", "audio_decoder.res_layers.{}.res_blocks.{}.res_blocks.{}.skip_conv.conv"),
    ("decoder.conv_out", "audio_decoder.post_conv.conv"),
)
CONVOLUTIONAL_JUDGES = (
    ("{}.judge.convs.{}", "discriminators.{}.conv_layers.{}.conv"),
    ("{}.judge.score", "discriminators.{}.conv_post.conv"),
)
HIDDEN_STATES_JUDGE = (
    ("0.judge.conv_in", "pre"),
    ("0.judge.convs.{}", "convs.{}"),
    ("0.judge.score", "conv_post"),
)
JUDGES = {"stft": CONVOLUTIONAL_JUDGES, "period": CONVOLUTIONAL_JUDGES, "slm": HIDDEN_STATES_JUDGE}
# Weight norm's tensors under torch's parametrization, and as NeMo before 2.0 named them.
TENSORS = {
    "bias": ("bias",),
    "parametrizations.weight.original0": ("parametrizations.weight.original0", "weight_g"),
    "parametrizations.weight.original1": ("parametrizations.weight.original1", "weight_v"),
}
# Tensors of an archive that are no weights of ours: constants, what the losses hold, and the frozen language model.
IGNORED = re.compile(
    r"vector_quantizer\..*|(mel|stft)_loss_fn\..*|.*\.window|.*\.resample\.kernel|.*\.slm_model\..*|slm_(encoder|predictor)\..*|speaker_encoder.*"
)


def discriminator_modules(families: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The table of `families` in the archive's order."""
    return tuple(
        (f"families.{family}.{ours}", f"discriminator.discriminators.{number}.{theirs}")
        for number, family in enumerate(families)
        for ours, theirs in JUDGES[family]
    )


def from_nemo(name: str, modules: Iterable[tuple[str, str]]) -> str | None:
    """Our name of NeMo's tensor; None where `modules` has none."""
    for ours, (tensor, *older) in ((ours, names) for ours, names in TENSORS.items()):
        for theirs in (tensor, *older):
            if name.endswith(f".{theirs}"):
                module = translated(name.removesuffix(f".{theirs}"), ((theirs, ours) for ours, theirs in modules))
                return None if module is None else f"{module}.{ours}"
    return None


def to_nemo(name: str, modules: Iterable[tuple[str, str]]) -> str:
    """NeMo's name of our tensor."""
    for tensor in TENSORS:
        if name.endswith(f".{tensor}"):
            module = translated(name.removesuffix(f".{tensor}"), modules)
            if module is not None:
                return f"{module}.{tensor}"
    raise ValueError(f"{name} has no name in NeMo")


def translated(module: str, table: Iterable[tuple[str, str]]) -> str | None:
    for source, target in table:
        if match := re.fullmatch(re.escape(source).replace(r"\{\}", r"(\d+)"), module):
            return target.format(*match.groups())
    return None
