"""lfsc encode IN OUT --codec X"""

import argparse
from math import isfinite
from pathlib import Path

from lfsc.commands import codec_options, file_jobs, job_runner
from lfsc.commands.progress import Progress

DESCRIPTION = """\
Speech to token files (.lfsc). IN is a recording (wav, flac, ogg, opus or mp3), a folder of them, or - for stdin; OUT is
a file, a folder, or - for stdout. Files that exist already are skipped; failures are listed at the end."""


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.level is not None and not isfinite(options.level):
        raise ValueError(f"--level {options.level}: expected a number of dB, such as -23")
    found = file_jobs.find_recordings(options.input, options.output, made=".lfsc")

    from lfsc.commands.recordings import Recordings
    from lfsc.tokens import file as token_file
    from lfsc.tokens.file import Tokens

    codec, fingerprint = codec_options.prepare_codec(options)
    recordings = Recordings(sample_rate=codec.sample_rate, level=options.level)

    def encode(job: file_jobs.Job, progress: Progress) -> float:
        audio, gain_db = recordings.load(job, progress)
        encoded = codec.encode(audio[None].to(codec.device), chunk_seconds=options.chunk_seconds)
        stored = Tokens.of_codec(codec, encoded.tokens[0], len(audio), fingerprint, gain_db=gain_db)
        job_runner.write(job, token_file.pack(stored))
        return len(audio) / codec.sample_rate

    def done(target: Path) -> bool:
        """Whether these are this codec's tokens."""
        found = token_file.read(target).fingerprint
        if found != fingerprint:
            raise ValueError(f"{target} is there with tokens of codec {found}, this is {fingerprint}; see --overwrite")
        return True

    return job_runner.run(found, encode, verb="encode", done=done, overwrite=options.overwrite, finish=recordings.note)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = codec_options.make_file_parser("encode", DESCRIPTION)
    parser.add_argument(
        "--level",
        type=float,
        metavar="DB",
        help="bring each file to this RMS level in dB, as far as its peak allows; the gain is kept in the token file",
    )
    return parser.parse_args(arguments)
