"""One codec over all clips: what it reconstructs, whether that is aligned with the original, and its metrics."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy
import torch
from torch import Tensor

from lfsc.evaluation.alignment import find_misalignment
from lfsc.evaluation.clips import Clip, Original
from lfsc.evaluation.codecs.base import Codec, Reconstruction, TokenCodec
from lfsc.evaluation.loudness_shifts import measure_loudness_shifts, silence_floor
from lfsc.evaluation.signal_metrics import signal_metrics
from lfsc.io.messages import describe, first_line, printable
from lfsc.metrics.codebook import token_counts
from lfsc.metrics.metric import Measurement, Measurements, Metric, Pair, Unmeasurable
from lfsc.parallel import WorkerLost, here, local


class ClipResult(NamedTuple):
    """One clip through one codec."""

    codec: str
    clip: Clip
    status: str  # "ok", "misaligned" or "failed"
    reason: str = ""
    seconds: float = 0.0
    source_rate: int = 0
    bandwidth: str = ""
    bits: float | None = None
    metrics: dict[str, Measurement] = {}  # noqa: RUF012 (never written to)
    unmeasured: dict[str, str] = {}  # noqa: RUF012


class CodecResult(NamedTuple):
    codec: Codec
    rows: list[ClipResult]
    token_counts: Tensor | None  # [C, codebook_size]
    silence_floor: float | None  # dBFS of the reconstruction of digital silence
    unpaired: tuple[str, ...] = ()  # recordings in a folder of reconstructions that have no original


class Settings(NamedTuple):
    """What is the same for all codecs of a report."""

    sample_rate: int
    model_metrics: list[Metric]
    tolerance: float  # seconds that lengths may differ by
    shifted: frozenset[str]  # keys of the clips that are also coded at other levels
    num_workers: int
    signal_metrics: frozenset[str] | None = None  # names of those that are measured; all of them where it is None


class PartialResult(NamedTuple):
    """What the main process knows of a clip: its result so far, and what is still to be measured or counted."""

    result: ClipResult
    pair: Pair | None = None  # aligned
    tokens: Tensor | None = None  # [C,F]


def evaluate_codec(
    label: str, codec: Codec, clips: list[Clip], settings: Settings, advance: Callable[[], None]
) -> CodecResult:
    """Results in the order of the clips whatever the workers do, and those of the codec as a whole."""
    rows, counts = [], None
    pending: deque[tuple[ClipResult, Any]] = deque()
    num_workers = settings.num_workers
    try:
        with local(["cpu"] * num_workers, preload=(__name__,)) if num_workers else here() as workers:
            for clip in clips:
                partial = evaluate_clip(label, codec, clip, settings)
                if isinstance(codec, TokenCodec) and partial.tokens is not None:
                    added = token_counts(partial.tokens[None], codebook_size=codec.codebook_size)
                    counts = added if counts is None else counts + added
                pair = partial.pair
                handle = (
                    None
                    if pair is None
                    else workers.submit(measure_signal_metrics, *to_arrays(pair), settings.signal_metrics)
                )
                pending.append((partial.result, handle))
                # Not more than a few clips are held in memory.
                while len(pending) > 2 * num_workers:
                    rows.append(complete(*pending.popleft(), workers.result))
                    advance()
            for result, handle in pending:
                rows.append(complete(result, handle, workers.result))
                advance()
    except WorkerLost as error:
        raise ValueError(f"a worker was killed, perhaps for memory, near {clip.key}: try fewer --workers") from error
    return CodecResult(codec, rows, counts, silence_floor(codec, settings.sample_rate))


def evaluate_clip(label: str, codec: Codec, clip: Clip, settings: Settings) -> PartialResult:
    """All that needs the codec or a model's weights; a clip that is too much for one of them has failed."""
    try:
        return reconstruct_clip(label, codec, clip, settings)
    except (ValueError, OSError, RuntimeError) as error:
        # RuntimeError is what torch raises where a clip is too short for a model, or too long for the memory.
        return PartialResult(ClipResult(label, clip, "failed", printable(first_line(error))))
    # Whatever else a clip does to a decoder or a codec, the others are not to suffer.
    except Exception as error:
        return PartialResult(ClipResult(label, clip, "failed", describe(error)))


def reconstruct_clip(label: str, codec: Codec, clip: Clip, settings: Settings) -> PartialResult:
    original = clip.load(settings.sample_rate)
    reconstruction = codec.reconstruct(clip.key, original.audio, sample_rate=settings.sample_rate)
    if not torch.isfinite(reconstruction.audio).all():
        raise ValueError("the reconstruction holds NaN or infinity")
    seconds = len(original.audio) / settings.sample_rate
    result = ClipResult(label, clip, "ok", "", seconds, original.source_rate, original.bandwidth, reconstruction.bits)
    problem = find_misalignment(
        reconstruction.audio, original.audio, sample_rate=settings.sample_rate, tolerance=settings.tolerance
    )
    if problem:
        return PartialResult(result._replace(status="misaligned", reason=problem), tokens=reconstruction.tokens)
    pair = make_pair(clip, original, reconstruction, settings.sample_rate)
    result = add(result, measure(settings.model_metrics, pair))
    if clip.key in settings.shifted:
        result = add(result, measure_loudness_shifts(codec, clip.key, original.audio, settings.sample_rate))
    return PartialResult(result, pair, reconstruction.tokens)


def make_pair(clip: Clip, original: Original, reconstruction: Reconstruction, sample_rate: int) -> Pair:
    length = min(len(reconstruction.audio), len(original.audio))
    fake, real = reconstruction.audio[:length], original.audio[:length]
    return Pair(fake=fake, real=real, sample_rate=sample_rate, key=clip.key, language=clip.language, text=clip.text)


def measure(metrics: Sequence[Metric], pair: Pair) -> Measurements:
    measurements, unmeasured = {}, {}
    for metric in metrics:
        try:
            measurement = metric.measure(pair)
            if numpy.isfinite(measurement.value):
                measurements[metric.name] = measurement
            else:
                unmeasured[metric.name] = f"the value is {measurement.value}"
        except (Unmeasurable, RuntimeError) as error:
            # A model that a clip is too short for raises an error of its own.
            unmeasured[metric.name] = first_line(error)
        # Nor do metrics of others know every clip.
        except Exception as error:
            unmeasured[metric.name] = describe(error)
    return Measurements(measurements, unmeasured)


def measure_signal_metrics(
    fake: numpy.ndarray, real: numpy.ndarray, sample_rate: int, names: frozenset[str] | None = None
) -> Measurements:
    """Those of the names, or all. In a worker; on one thread, so that sums come out the same in every process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pair = Pair(fake=torch.from_numpy(fake), real=torch.from_numpy(real), sample_rate=sample_rate)
        metrics = [metric for metric in signal_metrics(sample_rate) if names is None or metric.name in names]
        return measure(metrics, pair)
    finally:
        torch.set_num_threads(threads)


def to_arrays(pair: Pair) -> tuple[numpy.ndarray, numpy.ndarray, int]:
    """As arrays, which are copied to a worker; tensors would need shared memory."""
    fake, real = pair.at(pair.sample_rate)
    return fake.numpy(), real.numpy(), pair.sample_rate


def complete(result: ClipResult, handle: Any, wait: Callable[[Any], Measurements]) -> ClipResult:
    """With the signal metrics, which a worker measures, in front of the others."""
    if handle is None:
        return result
    measurements = wait(handle)
    return add(result._replace(metrics=measurements.metrics, unmeasured=measurements.unmeasured), result)


def add(result: ClipResult, more: Measurements | ClipResult) -> ClipResult:
    return result._replace(metrics=result.metrics | more.metrics, unmeasured=result.unmeasured | more.unmeasured)
