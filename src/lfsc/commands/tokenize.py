"""lfsc tokenize SHARDS OUT --codec X"""

import argparse

from lfsc.commands import shard_jobs

DESCRIPTION = """\
Shards of speech to shards of tokens: of each KEY.flac (or wav, ogg, mp3 …) with KEY.json comes a KEY.npy, uint16
[codebooks, frames], with KEY.json, which gains num_samples and the codec's fingerprint. SHARDS is a corpus, a folder of
tars, or one. A finished shard is not made again, so that a killed command continues when it is repeated."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc tokenize", description=DESCRIPTION)
    shard_jobs.add_options(parser)
    parser.add_argument(
        "--decoders",
        type=shard_jobs.processes,
        metavar="N",
        help="processes that decode audio for each worker (default: a GPU's share of the cores, up to 8; 0 on a CPU)",
    )
    options = parser.parse_args(arguments)

    from lfsc.tokens.tokenize import tokenize

    return shard_jobs.convert(options, tokenize, verb="tokenize")
