"""lfsc encode IN OUT --codec X"""

import argparse
from pathlib import Path

from lfsc.commands import coding, trees
from lfsc.commands.progress import Progress

DESCRIPTION = """\
Speech to token files (.lfsc). IN is a recording of any format and rate, a folder of them, or - for stdin; OUT is a
file, a folder, or - for stdout. What is there already is skipped; failures are listed at the end."""


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    found = trees.jobs(options.input, options.output, suffixes=trees.AUDIO, made=".lfsc")

    from lfsc import tokens
    from lfsc.commands.recordings import Recordings

    codec, fingerprint = coding.ready(options)
    recordings = Recordings(sample_rate=codec.sample_rate, level=options.level)

    def encode(job: trees.Job, progress: Progress) -> float:
        audio, gain_db = recordings.load(job, progress)
        encoded = codec.encode(audio[None].to(codec.device), chunk_seconds=options.chunk_seconds)
        content = tokens.pack(tokens.of(codec, encoded.tokens[0], len(audio), fingerprint, gain_db=gain_db))
        trees.write(job, content)
        return len(audio) / codec.sample_rate

    def done(target: Path) -> bool:
        """Whether these are this codec's tokens."""
        found = tokens.read(target).fingerprint
        if found != fingerprint:
            raise ValueError(f"{target} is there with tokens of codec {found}, this is {fingerprint}; see --overwrite")
        return True

    return trees.run(found, encode, verb="encode", done=done, overwrite=options.overwrite, finish=recordings.note)


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lfsc encode", description=DESCRIPTION)
    parser.add_argument("input", metavar="IN")
    parser.add_argument("output", metavar="OUT")
    coding.add_options(parser)
    parser.add_argument(
        "--level",
        type=float,
        metavar="DB",
        help="bring each file to this RMS level in dB, as far as its peak allows; the gain is kept in the token file",
    )
    return parser.parse_args(arguments)
