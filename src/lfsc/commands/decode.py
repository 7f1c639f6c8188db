"""lfsc decode IN OUT --codec X"""

import argparse

from lfsc.commands import codec_options, file_jobs, job_runner
from lfsc.commands.progress import Progress

DESCRIPTION = """\
Token files (.lfsc) to speech, as long as the original. IN is a token file, a folder of them, or - for stdin; OUT is a
.wav, .flac or .ogg file, a folder, or - for a wav on stdout. The codec must be the one that encoded them, or one
fine-tuned from it with its encoder frozen."""


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    found = file_jobs.find_jobs(options.input, options.output, suffixes=(".lfsc",), made=f".{options.format}")

    from lfsc.audio import files
    from lfsc.tokens import file as token_file

    for job in found:
        files.check_format(job.format(options.format))
    codec, _ = codec_options.prepare_codec(options)

    def decode(job: file_jobs.Job, progress: Progress) -> float:
        source = job.read()
        stored = token_file.unpack(source, name=job.name) if isinstance(source, bytes) else token_file.read(source)
        token_file.require_made_by(codec, stored, name=job.name)
        decoded = codec.decode(stored.tokens[None].to(codec.device), chunk_seconds=options.chunk_seconds)
        audio = decoded.audio[0, : stored.num_samples].cpu()
        if options.original_level:
            audio = audio * 10 ** (-stored.gain_db / 20)
        job_runner.write(job, files.encode(audio, sample_rate=codec.sample_rate, format=job.format(options.format)))
        return stored.num_samples / codec.sample_rate

    return job_runner.run(found, decode, verb="decode", overwrite=options.overwrite)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = codec_options.make_file_parser("decode", DESCRIPTION)
    codec_options.add_format(parser)
    parser.add_argument("--original-level", action="store_true", help="undo the gain of `encode --level`")
    return parser.parse_args(arguments)
