"""What the verbs do."""

import argparse
from functools import partial
from pathlib import Path

from lfsc.parallel import Workers

from .corpora import common_voice, daps, demo, folder, mls
from .corpora.keys import label
from .filters import Rules
from .output.verify import verify
from .pipeline import Corpus, make
from .plan import Sizes
from .report import Report

# Options that say how the work is done, not what comes out.
INDIFFERENT = ("out", "name", "workers", "ray")


def run(options: argparse.Namespace, workers: Workers) -> int:
    """The exit status."""
    report = Report()
    if options.verb == "verify":
        return verify(options.out, workers, report)
    if options.verb == "report":
        report.contents(options.out)
        return 0
    make(_corpus(options), options.out.absolute(), workers, report)
    return 0


def _reader(options: argparse.Namespace, sources: list[Path]) -> partial:
    """What yields the corpus's utterances, given a folder for scratch."""
    match options.verb:
        case "demo":
            return partial(demo.utterances, num_languages=options.languages, minutes=options.minutes, seed=options.seed)
        case "mls":
            return partial(mls.utterances, sources=sources, limited=options.limited)
        case "common_voice":
            return partial(common_voice.utterances, sources=sources, clips=options.clips)
        case "daps":
            return partial(daps.utterances, sources=sources)
        case _:
            manifest = options.manifest and options.manifest.absolute()
            return partial(folder.utterances, sources=sources, manifest=manifest, language=options.language)


def _corpus(options: argparse.Namespace) -> Corpus:
    if options.min_seconds >= options.max_seconds:
        raise ValueError(f"min-seconds is {options.min_seconds}, max-seconds {options.max_seconds}: nothing is between")
    sources = [source.absolute() for source in getattr(options, "source", [])]
    name = label(sources[0].name) if options.verb == "folder" else options.verb
    rules = Rules(
        sample_rate=options.sample_rate,
        min_seconds=options.min_seconds,
        max_seconds=options.max_seconds,
        min_rate=options.min_rate,
        long=options.long,
        max_clipped=options.max_clipped,
        expected_seconds=demo.CLIP_SECONDS,
    )
    return Corpus(
        name=label(options.name) if options.name else name,
        utterances=_reader(options, sources),
        rules=rules,
        sizes=Sizes(shard_hours=options.shard_hours, consumers=options.consumers),
        val_share=getattr(options, "val_share", 0.0),
        seed=options.seed,
        settings={key: _plain(value) for key, value in vars(options).items() if key not in INDIFFERENT},
    )


def _plain(value):
    """A setting as it reads back from JSON."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value.absolute()) if isinstance(value, Path) else value
