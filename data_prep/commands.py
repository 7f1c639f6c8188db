"""What the verbs do."""

import argparse
import json
from pathlib import Path

from lfsc.parallel import Workers

from .corpora.demo import CLIP_SECONDS
from .corpora.keys import label
from .corpora.registry import reader
from .output.verify import verify
from .pipeline import Corpus, make
from .plan import Sizes
from .report import Report
from .rules import Rules

# Options that say how the work is done, not what comes out.
INDIFFERENT = ("out", "name", "workers", "ray")


def run(options: argparse.Namespace, workers: Workers) -> int:
    """The exit status."""
    report = Report()
    if options.verb == "verify":
        return verify(options.out, workers, report)
    if options.verb == "report":
        report.show_contents(options.out)
        return 0
    make(make_corpus(options), options.out.absolute(), workers, report)
    return 0


def make_corpus(options: argparse.Namespace) -> Corpus:
    if options.min_seconds >= options.max_seconds:
        raise ValueError(f"min-seconds is {options.min_seconds}, max-seconds {options.max_seconds}: nothing is between")
    if options.min_rate is None:
        options.min_rate = min(16000, options.sample_rate)
    is_named = options.verb in ("folder", "huggingface")
    name = label(Path(options.source[0]).name) if is_named else options.verb
    # A switch that is off decides nothing, as before there was one.
    settings = {name: value for name, value in vars(options).items() if name not in INDIFFERENT and value is not False}
    rules = Rules(
        sample_rate=options.sample_rate,
        min_seconds=options.min_seconds,
        max_seconds=options.max_seconds,
        min_rate=options.min_rate,
        long=options.long,
        max_clipped=options.max_clipped,
        expected_seconds=CLIP_SECONDS,
    )
    return Corpus(
        name=label(options.name) if options.name else name,
        utterances=reader(options),
        rules=rules,
        sizes=Sizes(shard_hours=options.shard_hours, consumers=options.consumers),
        val_share=getattr(options, "val_share", 0.0),
        seed=options.seed,
        settings=json.loads(json.dumps(settings, default=str)),
        on_trained=getattr(options, "validate_on_trained_speakers", False),
    )
