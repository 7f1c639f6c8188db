"""lfsc reconstruct IN OUT --codec X"""

import argparse

from lfsc.commands import coding, trees
from lfsc.commands.progress import Progress

DESCRIPTION = """\
Speech through a codec and back, to hear what it keeps. IN is a recording of any format and rate, a folder of them, or
- for stdin; OUT is a .wav, .flac or .ogg file, a folder, or - for a wav on stdout."""


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    found = trees.jobs(options.input, options.output, suffixes=trees.AUDIO, made=f".{options.format}")

    from lfsc.audio import files
    from lfsc.commands.recordings import Recordings

    codec, _ = coding.ready(options)
    recordings = Recordings(sample_rate=codec.sample_rate)

    def reconstruct(job: trees.Job, progress: Progress) -> float:
        audio, _ = recordings.load(job, progress)
        tokens = codec.encode(audio[None].to(codec.device), chunk_seconds=options.chunk_seconds).tokens
        decoded = codec.decode(tokens, chunk_seconds=options.chunk_seconds).audio[0, : len(audio)].cpu()
        trees.write(job, files.encode(decoded, sample_rate=codec.sample_rate, format=job.format(options.format)))
        return len(audio) / codec.sample_rate

    return trees.run(found, reconstruct, verb="reconstruct", overwrite=options.overwrite, finish=recordings.note)


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lfsc reconstruct", description=DESCRIPTION)
    parser.add_argument("input", metavar="IN")
    parser.add_argument("output", metavar="OUT")
    coding.add_options(parser)
    coding.add_format(parser)
    return parser.parse_args(arguments)
