"""What the verbs do."""

import argparse
from functools import partial
from pathlib import Path

from . import demo, folder
from .demo import CLIP_SECONDS
from .keys import label
from .mapping import Workers
from .pipeline import Corpus, make
from .plan import Sizes
from .report import Report
from .rules import Rules
from .verify import verify


def run(options: argparse.Namespace, workers: Workers) -> int:
    """The exit status."""
    if options.verb == "verify":
        return verify(options.out, workers, Report())
    make(READERS[options.verb](options), options.out.absolute(), workers, Report())
    return 0


def _demo(options: argparse.Namespace) -> Corpus:
    reader = partial(demo.utterances, num_languages=options.languages, minutes=options.minutes, seed=options.seed)
    return _corpus(options, "demo", reader, expected_seconds=CLIP_SECONDS)


def _folder(options: argparse.Namespace) -> Corpus:
    sources = [source.absolute() for source in options.source]
    manifest = options.manifest and options.manifest.absolute()
    reader = partial(folder.utterances, sources=sources, manifest=manifest, language=options.language)
    return _corpus(options, label(sources[0].name), reader)


READERS = {"demo": _demo, "folder": _folder}

# How the work is done, not what comes out.
INDIFFERENT = ("out", "name", "workers")


def _corpus(options: argparse.Namespace, name: str, reader: partial, expected_seconds: float = 0.0) -> Corpus:
    rules = Rules(
        sample_rate=options.sample_rate,
        min_seconds=options.min_seconds,
        max_seconds=options.max_seconds,
        min_rate=options.min_rate,
        long=options.long,
        expected_seconds=expected_seconds,
    )
    settings = {key: _plain(value) for key, value in vars(options).items() if key not in INDIFFERENT}
    sizes = Sizes(shard_hours=options.shard_hours, consumers=options.consumers)
    val_share = getattr(options, "val_share", 0.0)
    return Corpus(options.name or name, reader, rules, sizes, val_share, options.seed, settings)


def _plain(value):
    """A setting as it reads back from JSON."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value.absolute()) if isinstance(value, Path) else value
