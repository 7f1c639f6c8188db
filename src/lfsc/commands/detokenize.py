"""lfsc detokenize SHARDS OUT --codec X"""

import argparse
from functools import partial

from lfsc.commands import shard_jobs

DESCRIPTION = """\
Shards of tokens, as `lfsc tokenize` makes them, to shards of speech: KEY.flac with KEY.json, as long as the original.
The codec must be the one that made the tokens, or one fine-tuned from it with its encoder frozen."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc detokenize", description=DESCRIPTION)
    shard_jobs.add_options(parser)
    parser.add_argument("--format", choices=("flac", "wav", "ogg"), default="flac", help="(default: %(default)s)")
    options = parser.parse_args(arguments)

    from lfsc.tokens.shard_conversion import require_tokens
    from lfsc.tokens.tokenize import detokenize

    function = partial(detokenize, format=options.format)
    return shard_jobs.convert(options, function, verb="detokenize", check=require_tokens)
