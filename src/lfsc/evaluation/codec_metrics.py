"""Numbers that a codec has as a whole, not clip by clip: what it does to silence, its codebooks, its bits."""

from lfsc.evaluation.codecs.base import Files
from lfsc.evaluation.loudness_shifts import LEVEL_SHIFTS, shift_name
from lfsc.evaluation.runner import Judged
from lfsc.metrics.codebook import entropy, entropy_bitrate, usage

# Unit, direction, source.
DEFINITIONS = {
    "silence_floor": ("dBFS", "lower", "level that comes back of digital silence, no less than -120"),
    "codebook_usage": ("share", "higher", "of its codes that a codebook ever used, mean of all codebooks"),
    "codebook_entropy": ("bits a token", "higher", "entropy of a codebook's tokens, mean of all codebooks"),
    "bitrate": ("kbps", "lower", "as stored: packed tokens, or packets without their container"),
    "entropy_bitrate": ("kbps", "lower", "as an ideal memoryless entropy coder of each codebook could do"),
}


def numbers(judged: Judged) -> dict[str, float]:
    """Those of DEFINITIONS that this codec has."""
    found = {} if judged.silence_floor is None else {"silence_floor": judged.silence_floor}
    if judged.counts is not None:
        found["codebook_usage"] = float(usage(judged.counts).mean())
        found["codebook_entropy"] = float(entropy(judged.counts).mean())
    rates = bitrates(judged)
    named = {"bitrate": "stored", "entropy_bitrate": "entropy"}
    return found | {name: rates[kind] / 1000 for name, kind in named.items() if kind in rates}


def absent(judged: Judged, names: list[str]) -> dict[str, str]:
    """Those of the names that this kind of codec cannot have, or was not asked for, with the reason."""
    reasons = {"bitrate": "the bits are not known"}
    reasons |= dict.fromkeys(("codebook_usage", "codebook_entropy", "entropy_bitrate"), "there are no tokens")
    files = isinstance(judged.codec, Files)
    levels = "recordings cannot be coded again" if files else "no clip was coded at other levels (--level-clips)"
    reasons |= dict.fromkeys(map(shift_name, LEVEL_SHIFTS), levels)
    reasons["silence_floor"] = "recordings cannot be coded again" if files else "silence could not be coded"
    return {name: reasons[name] for name in names if name in reasons}


def bitrates(judged: Judged) -> dict[str, float]:
    """Bits a second: as the codec's design says, as stored of these clips, and as an ideal entropy coder could do."""
    coded = [row for row in judged.rows if row.bits is not None]
    found = {}
    if "bitrate" in judged.codec.facts():
        found["nominal"] = judged.codec.facts()["bitrate"]
    if coded:
        found["stored"] = sum(row.bits for row in coded) / sum(row.seconds for row in coded)
    if judged.counts is not None:
        found["entropy"] = entropy_bitrate(judged.counts, frame_rate=judged.codec.frame_rate)
    return found


def codebooks(judged: Judged) -> dict:
    if judged.counts is None:
        return {}
    size, frames = judged.counts.shape[1], int(judged.counts[0].sum())
    use = {"usage": usage(judged.counts).tolist(), "entropy": entropy(judged.counts).tolist()}
    return {"size": size, "frames": frames} | use
