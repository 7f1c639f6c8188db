"""A codec through all clips: what came back, what is wrong with it, and its numbers."""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
import torch
from torch import Tensor

from lfsc.evaluation.alignment import misalignment
from lfsc.evaluation.clips import Clip, Original
from lfsc.evaluation.codecs.base import Codec, Reconstruction
from lfsc.evaluation.loudness_shifts import Taken, followed_levels, silence_floor
from lfsc.evaluation.signal_metrics import light_metrics
from lfsc.metrics.codebook import token_counts
from lfsc.metrics.metric import Measured, Metric, Pair, Unmeasurable
from lfsc.parallel import WorkerLost, here, local


class Row(NamedTuple):
    """One clip through one codec."""

    codec: str
    clip: Clip
    status: str  # "ok", "misaligned" or "failed"
    reason: str = ""
    seconds: float = 0.0
    source_rate: int = 0
    band: str = ""
    bits: float | None = None
    measured: dict[str, Measured] = {}  # noqa: RUF012 (never written to)
    unmeasured: dict[str, str] = {}  # noqa: RUF012


class Judged(NamedTuple):
    codec: Codec
    rows: list[Row]
    counts: Tensor | None  # of tokens [C, codebook_size]
    silence_floor: float | None  # dBFS that comes back of digital silence
    unpaired: tuple[str, ...] = ()  # recordings among a codec's files that have no original


class Terms(NamedTuple):
    """What is the same for all codecs of a report."""

    sample_rate: int
    model_metrics: list[Metric]
    tolerance: float  # seconds that lengths may differ by
    shifted: frozenset[str]  # keys of the clips that are also coded at other levels
    workers: int


def judge(label: str, codec: Codec, clips: list[Clip], terms: Terms, advance: Callable[[], None]) -> Judged:
    """All rows, in the order of the clips whatever the workers do, and what the codec does as a whole."""
    rows, counts = [], None
    waiting: deque[tuple[Row, Any]] = deque()
    try:
        with local(["cpu"] * terms.workers, preload=(__name__,)) if terms.workers else here() as workers:
            for clip in clips:
                row, pair, tokens = coded(label, codec, clip, terms)
                if tokens is not None:
                    found = token_counts(tokens[None], codebook_size=codec.codebook_size)
                    counts = found if counts is None else counts + found
                waiting.append((row, pair and workers.submit(light, *portable(pair))))
                # Not more than a few clips are held in memory.
                while len(waiting) > 2 * terms.workers:
                    rows.append(finished(*waiting.popleft(), workers.result))
                    advance()
            for row, handle in waiting:
                rows.append(finished(row, handle, workers.result))
                advance()
    except WorkerLost as error:
        raise ValueError(f"a worker was killed, perhaps for memory, near {clip.key}: try fewer --workers") from error
    return Judged(codec, rows, counts, silence_floor(codec, terms.sample_rate))


def coded(label: str, codec: Codec, clip: Clip, terms: Terms) -> tuple[Row, Pair | None, Tensor | None]:
    """The row of a clip so far, the pair that is still to be measured where there is a fair one, and its tokens."""
    try:
        original = clip.load(terms.sample_rate)
        returned = codec.reconstruct(clip, original.audio, sample_rate=terms.sample_rate)
        if not torch.isfinite(returned.audio).all():
            raise ValueError("the reconstruction holds NaN or infinity")
    except (ValueError, OSError, RuntimeError) as error:
        # RuntimeError is what torch raises where a clip is too short, or too long for the memory, for somebody's model.
        return Row(label, clip, "failed", first_line(error)), None, None
    seconds = len(original.audio) / terms.sample_rate
    row = Row(label, clip, "ok", "", seconds, original.source_rate, original.band, returned.bits)
    problem = misalignment(returned.audio, original.audio, sample_rate=terms.sample_rate, tolerance=terms.tolerance)
    if problem:
        return row._replace(status="misaligned", reason=problem), None, returned.tokens
    pair = paired(clip, original, returned, terms.sample_rate)
    measured, unmeasured = taken(terms.model_metrics, pair)
    if clip.key in terms.shifted:
        followed, not_followed = followed_levels(codec, clip, original.audio, terms.sample_rate)
        measured, unmeasured = measured | followed, unmeasured | not_followed
    return row._replace(measured=measured, unmeasured=unmeasured), pair, returned.tokens


def paired(clip: Clip, original: Original, returned: Reconstruction, sample_rate: int) -> Pair:
    length = min(len(returned.audio), len(original.audio))
    fake, real = returned.audio[:length], original.audio[:length]
    return Pair(fake=fake, real=real, sample_rate=sample_rate, key=clip.key, language=clip.language, text=clip.text)


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def taken(metrics: list[Metric] | tuple[Metric, ...], pair: Pair) -> Taken:
    """The numbers of a pair, and why some could not be taken."""
    measured, unmeasured = {}, {}
    for metric in metrics:
        try:
            number = metric.measure(pair)
            if numpy.isfinite(number.value):
                measured[metric.name] = number
            else:
                unmeasured[metric.name] = f"came out as {number.value}"
        except (Unmeasurable, RuntimeError) as reason:
            # A model that a clip is too short for says so in its own way.
            unmeasured[metric.name] = first_line(reason)
    return measured, unmeasured


def portable(pair: Pair) -> tuple[numpy.ndarray, numpy.ndarray, int]:
    """As arrays, which are copied to a worker; tensors would need shared memory."""
    fake, real = pair.at(pair.sample_rate)
    return fake.numpy(), real.numpy(), pair.sample_rate


def light(fake: numpy.ndarray, real: numpy.ndarray, sample_rate: int) -> Taken:
    """The metrics that need no weights; on one thread, so that sums come out the same in every process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pair = Pair(fake=torch.from_numpy(fake), real=torch.from_numpy(real), sample_rate=sample_rate)
        return taken(light_metrics(sample_rate), pair)
    finally:
        torch.set_num_threads(threads)


def finished(row: Row, handle: Any, result: Callable[[Any], Taken]) -> Row:
    if handle is None:
        return row
    measured, unmeasured = result(handle)
    return row._replace(measured=measured | row.measured, unmeasured=unmeasured | row.unmeasured)
