"""What tokenize and detokenize have in common: every shard through one function, on all devices."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lfsc.commands import codec_options
from lfsc.commands.progress import Progress
from lfsc.commands.shard_workers import decoders_of, workers_of
from lfsc.io.messages import one_line, say_count

if TYPE_CHECKING:
    from lfsc.tokens.shard_conversion import Convert, Task
    from lfsc.tokens.tokenize import Coding

BATCH_SECONDS = {"cpu": 30.0, "cuda": 240.0}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="SHARDS")
    parser.add_argument("output", metavar="OUT", type=Path)
    codec_options.add_options(parser)
    parser.add_argument(
        "--part", type=parse_part, default=(1, 1), metavar="I/N", help="only the I-th of N parts of the work"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one per GPU, else one per core)")
    parser.add_argument("--ray", metavar="ADDRESS", help="use a Ray cluster instead; `local` starts one here")
    parser.add_argument(
        "--batch-seconds",
        type=float,
        metavar="S",
        help="audio in a batch, padding included; 0 takes clips one by one (default: 30 on a CPU, 240 on a GPU)",
    )


def parse_part(text: str) -> tuple[int, int]:
    number, _, parts = text.partition("/")
    if not (number.isdigit() and parts.isdigit() and 1 <= int(number) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r}: expected I/N with I from 1 to N, such as 1/4")
    return int(number), int(parts)


def processes(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of processes, or 0 for none")
    return int(text)


def convert(
    options: argparse.Namespace, function: "Convert", *, verb: str, check: "Callable[[str, Coding], None] | None" = None
) -> int:
    """Every shard of the options through `function`; the exit status, 1 if a clip or a shard failed.

    `check` may refuse the input as a whole, before anything is made of it.
    """
    from lfsc.nn.device import find_device
    from lfsc.tokens import shard_conversion

    found = shard_conversion.find_tasks(options.input, options.output, part=options.part)
    device = find_device(options.device)
    run = coding_of(options, device)
    if check is not None:
        check(options.input, run)
    facts = shard_conversion.facts_of(run, options.precision)
    shard_conversion.begin(options.input, options.output, facts, overwrite=options.overwrite)
    waiting = [task for task in found if options.overwrite or shard_conversion.read_record(task) is None]
    failures = []
    with Progress(f"lfsc {verb}", count=len(waiting), work=sum(size_of(task) for task in waiting)) as progress:
        for outcome in run_tasks(options, ShardConverter(options, function, run.fingerprint), waiting, device):
            failures += failures_of(outcome)
            seconds = outcome.record["audio_seconds"] if outcome.record else 0.0
            progress.advance(work=size_of(outcome.task), audio_seconds=seconds)
        there = len(found) - len(waiting)
        progress.note(f"lfsc {verb}: {say_count(len(waiting), 'shard')}, {there} there already, {progress.pace()}")
        if index := shard_conversion.write_index(options.input, options.output, facts):
            shards, samples = say_count(len(index["shards"]), "shard"), say_count(index["samples"], "sample")
            progress.note(
                f"lfsc {verb}: {options.output} is complete: {shards}, {samples}, "
                f"{index['audio_seconds'] / 3600:.3f} hours, {index['failed']} failed"
            )
        for failure in failures:
            progress.note(f"lfsc {verb}: {failure}")
    return 1 if failures else 0


def coding_of(options: argparse.Namespace, device, *, is_worker: bool = False) -> "Coding":
    from lfsc.tokens.tokenize import Coding

    codec, fingerprint = codec_options.prepare_codec(options, device, is_worker=is_worker)
    batch_seconds = BATCH_SECONDS.get(device.type, 30.0) if options.batch_seconds is None else options.batch_seconds
    if not 0 <= batch_seconds < inf:
        raise ValueError(f"--batch-seconds {batch_seconds}: expected 0 or more seconds")
    # Alone, a clip meets the same kernels whatever its neighbours are.
    return Coding(codec, fingerprint, 0.0 if options.deterministic else batch_seconds, options.chunk_seconds)


class Outcome(NamedTuple):
    task: "Task"
    record: dict | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class ShardConverter:
    """What a worker does with a shard; it loads the codec by itself, on its own device."""

    options: argparse.Namespace
    function: "Convert"
    fingerprint: str

    def __call__(self, task: "Task") -> Outcome:
        """ValueError and OSError of a shard are its outcome; anything else ends the command."""
        import torch

        from lfsc.parallel import own_device
        from lfsc.tokens.shard_conversion import convert_shard

        device = torch.device(own_device())
        own = coding_of(self.options, device, is_worker=True)
        if own.fingerprint != self.fingerprint:
            raise ValueError(
                f"{self.options.codec} changed from codec {self.fingerprint} to {own.fingerprint} meanwhile"
            )
        try:
            with decoders_of(self.options, device) as decoders:
                return Outcome(task, convert_shard(task, own._replace(decoders=decoders), self.function))
        except (ValueError, OSError) as error:
            return Outcome(task, error=error)


def run_tasks(options: argparse.Namespace, converter: ShardConverter, tasks: "list[Task]", device) -> Iterator[Outcome]:
    """What comes of each shard, in their order."""
    from lfsc.parallel import map_tasks

    with workers_of(options, len(tasks), device) as workers:
        yield from map_tasks(workers, converter, tasks)


def failures_of(outcome: Outcome) -> list[str]:
    if outcome.record is None:
        assert outcome.error is not None  # one of both
        reason = one_line(outcome.error)
        return [reason if outcome.task.shard.name in reason else f"{outcome.task.shard.name}: {reason}"]
    name = outcome.record["name"]
    return [f"{name}: {failure['key']}: {failure['reason']}" for failure in outcome.record["failed"]]


def size_of(task: "Task") -> int:
    return task.shard.path.stat().st_size
