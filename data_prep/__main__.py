"""`python -m data_prep VERB`: corpora into shards. What a verb needs is imported when it is called."""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """The exit status of the verb."""
    options = parser().parse_args(arguments)
    from lfsc.parallel import cluster

    try:
        # Local workers import while this process does.
        with cluster(options.ray) if options.ray else processes(options.workers) as workers:
            from .commands import run

            return run(options, workers)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; the same command continues", file=sys.stderr)
    return 1


def processes(count: int) -> AbstractContextManager:
    """So many workers on this machine, or this process itself for a `count` of 0."""
    from lfsc.parallel import here, local

    preload = ("data_prep.output.shard_writer", "megatron.energon.flavors.webdataset.prepare")
    return local(["cpu"] * count, preload=preload, quiet=True) if count else here()


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m data_prep",
        description="Turn corpora into shards to train on; a run that was stopped continues.",
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    demo = _corpus_verb(verbs, "demo", "digits, numbers and dates in a hundred languages, spoken by espeak-ng")
    demo.add_argument("--languages", type=_positive(int), help="how many languages; all by default")
    demo.add_argument("--minutes", type=_positive(float), default=16.0, help="of training speech in all (%(default)s)")
    folder = _corpus_verb(
        verbs, "folder", "any tree of recordings: language/speaker/…, or with a manifest", "folder or tar"
    )
    folder.add_argument(
        "--manifest", type=Path, help="jsonl, csv or tsv with path (relative to SRC), language, speaker, text"
    )
    folder.add_argument("--language", help="of recordings whose manifest names none")
    folder.add_argument("--val-share", type=_share, default=0.05, help="of each language's speech (%(default)s)")
    mls = _corpus_verb(
        verbs, "mls", "Multilingual LibriSpeech, FLAC or Opus", "mls_german, its .tar.gz, or what holds them"
    )
    mls.add_argument("--limited", choices=("1hr", "9hr", "10hr"), help="only this limited-supervision part of train")
    voice = _corpus_verb(
        verbs, "common_voice", "Common Voice, every language found", "release, its .tar.gz, or what holds them"
    )
    voice.add_argument(
        "--clips", choices=("official", "validated"), default="official", help="train.tsv, or validated.tsv"
    )
    daps = _corpus_verb(verbs, "daps", "DAPS, the clean recordings cut at silences", "daps or daps.tar.gz")
    daps.set_defaults(max_seconds=15.0)
    _verb(verbs, "verify", "read the shards in OUT back and compare them with its index")
    _verb(verbs, "report", "what is in OUT, and what was rejected")
    return top


def _corpus_verb(verbs, name: str, help: str, source: str | None = None) -> argparse.ArgumentParser:
    verb = _verb(verbs, name, help, source)
    verb.add_argument("--name", help="of the corpus in OUT")
    verb.add_argument("--seed", type=int, default=0, help="of the splits and of the order (%(default)s)")
    verb.add_argument("--sample-rate", type=_positive(int), default=22050, help="of the shards in Hz (%(default)s)")
    verb.add_argument(
        "--min-rate", type=_positive(int), default=16000, help="reject recordings below, in Hz (%(default)s)"
    )
    verb.add_argument("--min-seconds", type=float, default=0.4, help="reject shorter recordings (%(default)s)")
    verb.add_argument(
        "--max-seconds", type=_positive(float), default=30.0, help="longer recordings are long (%(default)s)"
    )
    verb.add_argument("--long", choices=("cut", "reject", "keep"), default="cut", help="cut long ones at silences")
    verb.add_argument("--max-clipped", type=_share, default=1e-3, help="share of samples at flat peaks (%(default)s)")
    verb.add_argument(
        "--shard-hours", type=_positive(float), default=1.0, help="hours of speech in a shard (%(default)s)"
    )
    verb.add_argument(
        "--consumers", type=_positive(int), default=16, help="ranks x loader workers to feed (%(default)s)"
    )
    return verb


def _verb(verbs, name: str, help: str, source: str | None = None) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=help, description=help)
    if source:
        verb.add_argument("source", type=Path, nargs="+", metavar="SRC", help=source)
    verb.add_argument("out", type=_folder, metavar="OUT", help="folder of shards; may hold several corpora")
    verb.add_argument("--workers", type=_count, default=os.cpu_count(), help="processes (%(default)s)")
    verb.add_argument(
        "--ray", metavar="ADDRESS", help="work on this Ray cluster, all of which must see SRC and OUT; local starts one"
    )
    return verb


def _positive(kind: type) -> Callable[[str], float]:
    def number(text: str) -> float:
        if not kind(text) > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return kind(text)

    # What argparse calls the value in its own messages.
    number.__name__ = kind.__name__
    return number


def _count(text: str) -> int:
    if int(text) < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than none")
    return int(text)


def _share(text: str) -> float:
    if not 0 <= float(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share from 0 to 1, without 1")
    return float(text)


def _folder(name: str) -> Path:
    if "://" in name:
        raise argparse.ArgumentTypeError(
            f"{name} is no folder: make shards in one, then `msc sync FOLDER --target-url {name} --no-ignore-hidden`"
        )
    return Path(name)


if __name__ == "__main__":
    sys.exit(main())
