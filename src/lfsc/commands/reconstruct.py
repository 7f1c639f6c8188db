"""lfsc reconstruct IN OUT --codec X"""

import argparse

from lfsc.commands import codec_options, file_jobs, job_runner
from lfsc.commands.progress import Progress

DESCRIPTION = """\
Speech through a codec and back, to listen to the result. IN is a recording (wav, flac, ogg, opus or mp3), a folder
of them, or - for stdin; OUT is a .wav, .flac or .ogg file, a folder, or - for a wav on stdout."""


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    found = file_jobs.find_recordings(options.input, options.output, made=f".{options.format}")

    from lfsc.audio import files
    from lfsc.commands.recordings import Recordings

    for job in found:
        files.check_format(job.format(options.format))
    codec, _ = codec_options.prepare_codec(options)
    recordings = Recordings(sample_rate=codec.sample_rate)

    def reconstruct(job: file_jobs.Job, progress: Progress) -> float:
        audio, _ = recordings.load(job, progress)
        tokens = codec.encode(audio[None].to(codec.device), chunk_seconds=options.chunk_seconds).tokens
        decoded = codec.decode(tokens, chunk_seconds=options.chunk_seconds).audio[0, : len(audio)].cpu()
        job_runner.write(job, files.encode(decoded, sample_rate=codec.sample_rate, format=job.format(options.format)))
        return len(audio) / codec.sample_rate

    return job_runner.run(found, reconstruct, verb="reconstruct", overwrite=options.overwrite, finish=recordings.note)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = codec_options.make_file_parser("reconstruct", DESCRIPTION)
    codec_options.add_format(parser)
    return parser.parse_args(arguments)
