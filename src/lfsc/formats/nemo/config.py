"""NeMo's configuration of a codec as ours, and ours as NeMo's."""

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from lfsc.config.values import require_choice, require_number, require_section
from lfsc.nn.arguments import brief

MODULES = "nemo.collections.tts.modules."
REQUIRED = None


class ClassMapping(NamedTuple):
    """A class of NeMo's and lfsc's: keys with their names in lfsc and NeMo's own defaults."""

    nemo: str
    lfsc: str
    keys: dict[str, tuple[str, Any]]
    ignored: dict[str, tuple] = {}  # noqa: RUF012  (never changed) what NeMo takes and makes no use of, as written first


LAYERS = {
    "in_kernel_size": ("in_kernel_size", 7),
    "resblock_kernel_sizes": ("kernel_sizes", [3, 7, 11]),
    "resblock_dilation_sizes": ("dilations", [1, 3, 5]),
    "activation": ("activation", "lrelu"),
    "pad_mode": ("pad_mode", "reflect"),
}
# Causal layers see zeros before a clip whatever this says.
CAUSAL_PADDING = {"pad_mode": ("zeros", "reflect", "replicate", "circular")}
ENCODER = ClassMapping(
    MODULES + "audio_codec_modules.HiFiGANEncoder",
    "lfsc.models.encoder.Encoder",
    {
        "encoded_dim": ("latent_dim", REQUIRED),
        "down_sample_rates": ("rates", [2, 2, 8, 8]),
        "base_channels": ("channels", 32),
        "out_kernel_size": ("out_kernel_size", 7),
        **LAYERS,
    },
)
CAUSAL_ENCODER = ClassMapping(
    MODULES + "audio_codec_modules.CausalHiFiGANEncoder",
    "lfsc.models.causal_encoder.CausalEncoder",
    {theirs: ours for theirs, ours in ENCODER.keys.items() if theirs != "pad_mode"},
    ignored=CAUSAL_PADDING,
)
DECODER = ClassMapping(
    MODULES + "audio_codec_modules.HiFiGANDecoder",
    "lfsc.models.decoder.Decoder",
    {
        "input_dim": ("latent_dim", REQUIRED),
        "up_sample_rates": ("rates", [8, 8, 2, 2]),
        "base_channels": ("channels", 512),
        "out_kernel_size": ("out_kernel_size", 3),
        **LAYERS,
        "output_activation": ("output_activation", "tanh"),
        "n_groups_equal_to_out_channels": ("grouped_upsampling", False),
    },
)
CAUSAL_DECODER = ClassMapping(
    MODULES + "audio_codec_modules.CausalHiFiGANDecoder",
    "lfsc.models.causal_decoder.CausalDecoder",
    {
        **{theirs: ours for theirs, ours in DECODER.keys.items() if theirs != "pad_mode"},
        "n_groups_equal_to_out_channels": ("grouped_upsampling", True),
    },
    ignored=CAUSAL_PADDING,
)
EPS = {"eps": ("eps", 1e-3)}
QUANTIZER = ClassMapping(
    MODULES + "audio_codec_modules.GroupFiniteScalarQuantizer",
    "lfsc.models.quantizer.GroupedFSQ",
    {"num_groups": ("num_codebooks", REQUIRED), "num_levels_per_group": ("levels", REQUIRED), **EPS},
)
# One group by itself.
SINGLE_QUANTIZER = ClassMapping(
    MODULES + "audio_codec_modules.FiniteScalarQuantizer", QUANTIZER.lfsc, {"num_levels": ("levels", REQUIRED), **EPS}
)
ENCODERS = (ENCODER, CAUSAL_ENCODER)
DECODERS = (DECODER, CAUSAL_DECODER)
# Keys of the whole model that change what a codec computes and are not supported.
FOREIGN = ("semantic_codec", "semantic_codec_path")
# Keys of NeMo's training, of which nothing is left in a codec that was trained with them.
TRAINING_ONLY = ("use_scl_loss", "use_slm_loss", "mmd_loss", "mmd_time_loss", "encoder_noise_stdev")
# Classes of NeMo's other codecs, by what these are called.
OTHER_CODECS = {
    "a mel codec": ("MultiBandMelEncoder", "FullBandMelEncoder"),
    "an STFT codec": ("MultiResolutionSTFTEncoder",),
    "a SEANet codec (EnCodec's architecture)": ("SEANetEncoder", "SEANetDecoder"),
    "a codec with learned codebooks (residual vector quantization)": (
        "ResidualVectorQuantizer",
        "GroupResidualVectorQuantizer",
    ),
    "a codec with a ResNet decoder": ("ResNetDecoder",),
}


def codec_from_nemo(config: Mapping) -> dict:
    """Our `codec` of NeMo's model_config.yaml."""
    require_supported(config)
    for key in FOREIGN:
        if config.get(key):
            raise ValueError(f"{key} is not supported: only codecs of one encoder, quantizer and decoder can be read")
    sample_rate = require_number(config.get("sample_rate"), "sample_rate")
    if (output_rate := config.get("output_sample_rate", sample_rate)) != sample_rate:
        raise ValueError(f"output_sample_rate is {brief(output_rate)}: another than sample_rate is not supported")
    parts = {
        "encoder": half_from_nemo(config, "audio_encoder", ENCODERS),
        "quantizer": quantizer_from_nemo(config),
        "decoder": half_from_nemo(config, "audio_decoder", DECODERS),
    }
    require_hop(config, parts["encoder"]["rates"])
    return {"_target_": "lfsc.models.codec.Codec", "sample_rate": sample_rate, **parts}


def require_supported(config: Mapping) -> None:
    """ValueError that says what it is for a codec of another kind."""
    for part in ("audio_encoder", "audio_decoder", "vector_quantizer"):
        given = config.get(part)
        target = given.get("_target_") if isinstance(given, Mapping) else None
        for kind, classes in OTHER_CODECS.items():
            if isinstance(target, str) and target.startswith(MODULES) and target.rpartition(".")[2] in classes:
                raise ValueError(
                    f"it is {kind}: its {part} is a {brief(target)}, which is not supported; expected a HiFi-GAN codec "
                    "with finite scalar quantization"
                )


def ignored_training(config: Mapping) -> tuple[str, ...]:
    """The keys of NeMo's training that are on and are not read."""
    return tuple(key for key in TRAINING_ONLY if config.get(key))


def half_from_nemo(config: Mapping, part: str, classes: tuple[ClassMapping, ClassMapping]) -> dict:
    """The encoder or decoder, which may be of the usual class or of the causal one."""
    given, (usual, causal) = config.get(part), classes
    is_causal = isinstance(given, Mapping) and given.get("_target_") == causal.nemo
    return translate(config, part, causal if is_causal else usual)


def quantizer_from_nemo(config: Mapping) -> dict:
    given = config.get("vector_quantizer")
    if given is None:
        raise ValueError("it has no vector_quantizer: it makes numbers of speech, and no tokens")
    if isinstance(given, Mapping) and given.get("_target_") == SINGLE_QUANTIZER.nemo:
        return translate(config, "vector_quantizer", SINGLE_QUANTIZER) | {"num_codebooks": 1}
    return translate(config, "vector_quantizer", QUANTIZER)


def translate(config: Mapping, part: str, mapping: ClassMapping) -> dict:
    """The configuration of one part as ours; NeMo's own defaults stand for what it leaves out."""
    given = dict(require_section(config.get(part), part))
    if (target := given.pop("_target_", None)) != mapping.nemo:
        raise ValueError(f"{part} is a {brief(target)}, which is not supported: expected {mapping.nemo}")
    for key, allowed in mapping.ignored.items():
        require_choice(given.pop(key, allowed[0]), allowed, f"{part}.{key}")
    if unknown := [key for key in given if key not in mapping.keys]:
        raise ValueError(f"{part}.{unknown[0]} of {mapping.nemo} is not supported")
    return {"_target_": mapping.lfsc} | {
        ours: lower_case(given.get(theirs, default)) if default is not REQUIRED else require_key(given, theirs, part)
        for theirs, (ours, default) in mapping.keys.items()
    }


def lower_case(value: Any) -> Any:
    """NeMo takes the names of activations in capitals too."""
    return value.lower() if isinstance(value, str) else value


def require_key(given: Mapping, key: str, part: str) -> Any:
    if key not in given:
        raise ValueError(f"{part}.{key} is missing")
    return given[key]


def require_hop(config: Mapping, rates: Any) -> None:
    # What is no list of numbers is refused with the rest of the configuration.
    if isinstance(rates, list) and all(isinstance(rate, int) for rate in rates):
        hop_length = config.get("samples_per_frame", prod(rates))
        if hop_length != prod(rates):
            raise ValueError(f"samples_per_frame is {brief(hop_length)}, but rates {rates} make {prod(rates)}")
