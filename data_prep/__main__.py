"""`python -m data_prep VERB`: corpora into shards. What a verb needs is imported when it is called."""

import argparse
import os
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    from .mapping import local

    try:
        # The workers import while this process does.
        with local(options.workers) as workers:
            from .commands import run

            return run(options, workers)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted: the same command continues", file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m data_prep", description="Turn corpora into shards to train on.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    demo = _corpus_verb(verbs, "demo", "digits, numbers and dates in a hundred languages, spoken by espeak-ng")
    demo.add_argument("--languages", type=int, help="how many languages; all by default")
    demo.add_argument("--minutes", type=float, default=16.0, help="minutes of training speech in all (%(default)s)")
    folder = _corpus_verb(verbs, "folder", "any tree of recordings", source=True)
    folder.add_argument("--manifest", type=Path, help="jsonl, csv or tsv with path, language, speaker, text")
    folder.add_argument("--language", help="of recordings whose manifest and folders name none")
    folder.add_argument("--val-share", type=float, default=0.05, help="of each language's speech (%(default)s)")
    verify = verbs.add_parser("verify", help="read shards back and compare them with the index")
    verify.add_argument("out", type=Path, metavar="OUT")
    verify.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (all %(default)s cores)")
    return top


def _corpus_verb(verbs, name: str, help: str, source: bool = False) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=help, description=help)
    if source:
        verb.add_argument("source", type=Path, nargs="+", metavar="SRC")
    verb.add_argument("out", type=Path, metavar="OUT", help="folder for the shards; may hold other corpora")
    verb.add_argument("--name", help="of the corpus in OUT")
    verb.add_argument("--seed", type=int, default=0)
    verb.add_argument("--sample-rate", type=int, default=22050, help="of the shards in Hz (%(default)s)")
    verb.add_argument("--min-rate", type=int, default=16000, help="reject recordings below (%(default)s Hz)")
    verb.add_argument("--min-seconds", type=float, default=0.4, help="reject shorter recordings (%(default)s)")
    verb.add_argument("--max-seconds", type=float, default=30.0, help="a recording over this is long (%(default)s)")
    verb.add_argument("--long", choices=("cut", "reject", "keep"), default="cut", help="cut long ones at silences")
    verb.add_argument("--shard-hours", type=float, default=1.0, help="hours of speech in a shard (%(default)s)")
    verb.add_argument("--consumers", type=int, default=16, help="ranks x loader workers to feed (%(default)s)")
    verb.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (all %(default)s cores)")
    return verb


if __name__ == "__main__":
    sys.exit(main())
