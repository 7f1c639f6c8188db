"""`python -m data_prep VERB`: corpora into shards. What a verb needs is imported when it is called."""

import argparse
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from lfsc.io.messages import one_line, printable
from lfsc.io.missing import explain_lack
from lfsc.io.start import end_on_signals, report_interruption, require_sound_start
from lfsc.io.streams import flush_stdout, make_streams_last
from lfsc.parallel import cluster, count_cpus, here, local

from .argument_types import count, duration, path, positive, rate, share
from .corpora.registry import CORPORA


def main(arguments: list[str] | None = None) -> int:
    """Run one verb, and give its exit status: 2 for what a user did wrong, which is printed in one line."""
    parser = make_parser()
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        require_sound_start(arguments)
        with flush_stdout():
            options = parser.parse_args(arguments)
            # Local workers import while this process does.
            with cluster(options.ray) if options.ray else processes(options.workers) as workers:
                from .commands import run

                return run(options, workers)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {printable(one_line(error))}", file=sys.stderr)
        return 2
    except (ImportError, MemoryError) as error:
        if (reason := explain_lack(error, "prep")) is None:
            raise
        print(f"error: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interruption:
        return report_interruption(interruption, "interrupted; the same command continues")


def processes(number: int) -> AbstractContextManager:
    """So many workers on this machine, or this process itself for 0."""
    preload = ("data_prep.output.shard_writer", "megatron.energon.flavors.webdataset.prepare")
    return local(["cpu"] * number, preload=preload, quiet=True) if number else here()


def make_parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m data_prep",
        description="Turn corpora into shards to train on; a run that was stopped continues.",
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, corpus in CORPORA.items():
        corpus.add_options(add_corpus_verb(verbs, name, corpus.help, corpus.source, corpus.source_type))
    add_verb(verbs, "verify", "read the shards in OUT back and compare them with its index")
    add_verb(verbs, "report", "what is in OUT, and what was rejected")
    return top


def add_corpus_verb(
    verbs, name: str, help: str, source: str | None, source_type: Callable[[str], Path | str]
) -> argparse.ArgumentParser:
    verb = add_verb(verbs, name, help, source, source_type)
    verb.add_argument("--name", help="of the corpus in OUT")
    verb.add_argument("--seed", type=count, default=0, help="of the splits and of the order (%(default)s)")
    verb.add_argument("--sample-rate", type=rate, default=22050, help="of the shards in Hz (%(default)s)")
    verb.add_argument(
        "--min-rate",
        type=positive(int),
        help="reject recordings below, in Hz (16000, or --sample-rate if less)",
    )
    verb.add_argument("--min-seconds", type=duration, default=0.4, help="reject shorter recordings (%(default)s)")
    verb.add_argument("--max-seconds", type=positive(float), default=30.0, help="what --long calls long (%(default)s)")
    verb.add_argument("--long", choices=("cut", "reject", "keep"), default="cut", help="cut long ones at silences")
    verb.add_argument(
        "--max-clipped", type=share, default=1e-3, help="fraction of samples that may be at flat peaks (%(default)s)"
    )
    verb.add_argument(
        "--shard-hours", type=positive(float), default=1.0, help="hours of speech in a shard (%(default)s)"
    )
    verb.add_argument(
        "--consumers", type=positive(int), default=16, help="ranks x loader workers to feed (%(default)s)"
    )
    return verb


def add_verb(
    verbs, name: str, help: str, source: str | None = None, source_type: Callable[[str], Path | str] = path
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=help, description=help)
    if source:
        verb.add_argument("source", type=source_type, nargs="+", metavar="SRC", help=source)
    verb.add_argument("out", type=parse_folder, metavar="OUT", help="folder of shards; may hold several corpora")
    verb.add_argument("--workers", type=count, default=count_cpus(), help="processes (%(default)s)")
    verb.add_argument(
        "--ray", metavar="ADDRESS", help="work on this Ray cluster, all of which must see SRC and OUT; local starts one"
    )
    return verb


def parse_folder(name: str) -> Path:
    if "://" in name:
        raise argparse.ArgumentTypeError(
            f"{name} is no folder: make shards in one, then `msc sync FOLDER --target-url {name} --no-ignore-hidden`"
        )
    return Path(name)


if __name__ == "__main__":
    make_streams_last()
    end_on_signals()
    sys.exit(main())
