"""What a recording must be to enter the shards."""

from typing import NamedTuple

from torch import Tensor

from lfsc.audio.clipping import measure_clipping

SILENT_PEAK = 10 ** (-50 / 20)


class Rules(NamedTuple):
    """`long` says what happens to recordings over `max_seconds`: cut (at silences), reject, or keep.

    `max_clipped` is the share of samples that may lie on flat tops; `expected_seconds` is the length of what has yet to
    be spoken.
    """

    sample_rate: int
    min_seconds: float
    max_seconds: float
    min_rate: int
    long: str
    max_clipped: float = 1e-3
    expected_seconds: float = 0.0

    def check(self, seconds: float, sample_rate: int) -> tuple[str, str] | None:
        """Reason and detail of what is wrong, if anything is."""
        if seconds < self.min_seconds:
            return "too short", f"{seconds:.2f} s, under {self.min_seconds} s"
        if seconds > self.max_seconds and self.long == "reject":
            return "too long", f"{seconds:.1f} s, over {self.max_seconds} s"
        if sample_rate < self.min_rate:
            return "wrong rate", f"{sample_rate} Hz, under {self.min_rate} Hz"
        return None

    def check_level(self, audio: Tensor) -> tuple[str, str] | None:
        """Reason and detail, if audio [T] is silent or clipped."""
        share, peak = measure_clipping(audio)
        if peak < SILENT_PEAK:
            return "silent", f"peak {peak:.5f}, under {SILENT_PEAK:.5f}"
        if share > self.max_clipped:
            return "clipped", f"{share:.2%} of the samples are flat at the peak {peak:.3f}"
        return None
