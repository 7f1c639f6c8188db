"""One codec over all clips: what it reconstructs, whether that is aligned with the original, and its metrics."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

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
from lfsc.parallel import WorkerLost, here, local, map_tasks


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
    signal_metrics: frozenset[str]  # names of those that are measured


class PartialResult(NamedTuple):
    """What the main process knows of a clip: its result so far, and what is still to be measured or counted."""

    result: ClipResult
    pair: Pair | None = None  # aligned
    tokens: Tensor | None = None  # [C,F]


class SignalTask(NamedTuple):
    """A clip's result so far, and what is still to be measured: arrays, as tensors would need shared memory."""

    result: ClipResult
    fake: numpy.ndarray | None  # None where there is no aligned reconstruction
    real: numpy.ndarray | None
    sample_rate: int
    names: frozenset[str]  # of the metrics

    @classmethod
    def of(cls, partial: PartialResult, settings: Settings) -> "SignalTask":
        audio = None if partial.pair is None else partial.pair.at(settings.sample_rate)
        fake, real = (None, None) if audio is None else (audio.fake.numpy(), audio.real.numpy())
        return cls(partial.result, fake, real, settings.sample_rate, settings.signal_metrics)


def evaluate_codec(
    label: str, codec: Codec, clips: list[Clip], settings: Settings, advance: Callable[[], None]
) -> CodecResult:
    """Results in the order of the clips whatever the workers do, and those of the codec as a whole."""
    rows: list[ClipResult] = []
    counts: Tensor | None = None

    def reconstruct() -> Iterator[SignalTask]:
        nonlocal counts
        for clip in clips:
            partial = evaluate_clip(label, codec, clip, settings)
            if isinstance(codec, TokenCodec) and partial.tokens is not None:
                added = token_counts(partial.tokens[None], codebook_size=codec.codebook_size)
                counts = added if counts is None else counts + added
            yield SignalTask.of(partial, settings)

    num_workers = settings.num_workers
    try:
        with local(["cpu"] * num_workers, preload=(__name__,)) if num_workers else here() as workers:
            for row in map_tasks(workers, add_signal_metrics, reconstruct()):
                rows.append(row)
                advance()
    except WorkerLost as error:
        near = clips[len(rows)].key
        raise ValueError(f"a worker was killed, perhaps for memory, near {near}: try fewer --workers") from error
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


def add_signal_metrics(task: SignalTask) -> ClipResult:
    """The result with the signal metrics in front of the others; on one thread, so that all processes add up alike."""
    if task.fake is None or task.real is None:
        return task.result
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pair = Pair(fake=torch.from_numpy(task.fake), real=torch.from_numpy(task.real), sample_rate=task.sample_rate)
        metrics = signal_metrics(task.sample_rate)
        found = measure([metric for metric in metrics if metric.name in task.names], pair)
    finally:
        torch.set_num_threads(threads)
    return add(task.result._replace(metrics=found.metrics, unmeasured=found.unmeasured), task.result)


def add(result: ClipResult, more: Measurements | ClipResult) -> ClipResult:
    return result._replace(metrics=result.metrics | more.metrics, unmeasured=result.unmeasured | more.unmeasured)
