"""Metrics of a whole codec, not of its clips: what it makes of silence, its codebooks, its bits."""

from lfsc.evaluation.codecs.base import ReconstructionFolder, TokenCodec
from lfsc.evaluation.loudness_shifts import LEVEL_SHIFTS, shift_name
from lfsc.evaluation.runner import CodecResult
from lfsc.metrics.codebook import entropy, entropy_bitrate, usage

# Unit, direction, source.
DEFINITIONS = {
    "silence_floor": ("dBFS", "lower", "level of what the codec makes of digital silence, no less than -120"),
    "codebook_usage": ("fraction", "higher", "of its codes that a codebook ever used, mean of all codebooks"),
    "codebook_entropy": ("bits/token", "higher", "entropy of a codebook's tokens, mean of all codebooks"),
    "bitrate": ("kbps", "lower", "as stored: packed tokens, or packets without their container"),
    "entropy_bitrate": ("kbps", "lower", "as an ideal memoryless entropy coder of each codebook could do"),
}


def measure(result: CodecResult) -> dict[str, float]:
    """Those of DEFINITIONS that this codec has."""
    found = {} if result.silence_floor is None else {"silence_floor": result.silence_floor}
    if result.token_counts is not None:
        found["codebook_usage"] = float(usage(result.token_counts).mean())
        found["codebook_entropy"] = float(entropy(result.token_counts).mean())
    rates = bitrates(result)
    kinds = {"bitrate": "stored", "entropy_bitrate": "entropy"}
    return found | {name: rates[kind] / 1000 for name, kind in kinds.items() if kind in rates}


def explain_missing(result: CodecResult, names: list[str]) -> dict[str, str]:
    """Why this codec has no value: of those names whose metrics a kind of codec, or the options, can exclude."""
    fixed = isinstance(result.codec, ReconstructionFolder)
    shifts = "recordings cannot be coded again" if fixed else "no clip was coded at other levels (--level-clips)"
    reasons = {
        "bitrate": "the bits are not known",
        **dict.fromkeys(("codebook_usage", "codebook_entropy", "entropy_bitrate"), "there are no tokens"),
        **dict.fromkeys(map(shift_name, LEVEL_SHIFTS), shifts),
        "silence_floor": "recordings cannot be coded again" if fixed else "silence could not be coded",
    }
    return {name: reasons[name] for name in names if name in reasons}


def bitrates(result: CodecResult) -> dict[str, float]:
    """Bits per second: by the codec's design, as stored of these clips, and as an ideal entropy coder could do."""
    found, facts = {}, result.codec.facts()
    if "bitrate" in facts:
        found["nominal"] = facts["bitrate"]
    if coded := [(row.bits, row.seconds) for row in result.rows if row.bits is not None]:
        found["stored"] = sum(bits for bits, _ in coded) / sum(seconds for _, seconds in coded)
    if isinstance(result.codec, TokenCodec) and result.token_counts is not None:
        found["entropy"] = entropy_bitrate(result.token_counts, frame_rate=result.codec.frame_rate)
    return found


def codebook_usage(result: CodecResult) -> dict:
    """Size, frames, and each codebook's usage and entropy; empty where there are no tokens."""
    counts = result.token_counts
    if counts is None:
        return {}
    return {
        "size": counts.shape[1],
        "frames": int(counts[0].sum()),
        "usage": usage(counts).tolist(),
        "entropy": entropy(counts).tolist(),
    }
