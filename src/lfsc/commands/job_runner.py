"""Every job through one function: a file that fails costs no other one."""

import sys
from collections.abc import Callable
from pathlib import Path

from lfsc.commands.file_jobs import STANDARD, Job
from lfsc.commands.progress import Progress
from lfsc.io.atomic import write_bytes
from lfsc.io.messages import describe, printable, say_count
from lfsc.io.regular import is_stream
from lfsc.nn.memory import SHORTER_CHUNKS, explain_shortage


def run(
    found: list[Job],
    work: Callable[[Job, Progress], float],
    *,
    verb: str,
    done: Callable[[Path], bool] | None = None,
    overwrite: bool = False,
    finish: Callable[[Progress], None] | None = None,
) -> int:
    """Do every job whose target is not there yet; the exit status, 1 if any failed. `work` gives seconds of audio.

    `done` says of a target that is there whether it is what the job would make, or raises ValueError; `finish` may
    add lines at the end.
    """
    skipped, failures = 0, []
    sizes = {job: job.size for job in found}
    with Progress(f"lfsc {verb}", count=len(found), work=sum(sizes.values())) as progress:
        for job in found:
            try:
                if job.fault:
                    raise ValueError(job.fault)
                if (target := find_finished(job, overwrite)) and (done is None or done(target)):
                    # It may be of another recording, or of another codec.
                    if job.is_named:
                        raise ValueError(f"{target} is there already: --overwrite makes it again")
                    skipped += 1
                    progress.advance(work=sizes[job])
                else:
                    progress.advance(work=sizes[job], audio_seconds=work(job, progress))
            # Whatever a file does to its reader or to the codec, the others are not to suffer.
            except Exception as error:
                name = printable(job.name)
                reason = explain_shortage(error, SHORTER_CHUNKS) or describe(error)
                failures.append(reason if reason.startswith(name) else f"{name}: {reason}")
                progress.advance(work=sizes[job])
        if finish is not None:
            finish(progress)
        progress.note(summarize(verb, progress, total=len(found), skipped=skipped, failed=len(failures)))
    for failure in failures:
        print(f"lfsc {verb}: {failure}", file=sys.stderr)
    return 1 if failures else 0


def write(job: Job, content: bytes) -> None:
    """The target, whole or not at all."""
    if job.target == STANDARD:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    elif is_stream(job.target):
        with open(job.target, "ab") as stream:
            stream.write(content)
    else:
        write_bytes(job.target, content)


def find_finished(job: Job, overwrite: bool) -> Path | None:
    """The target, if it is there and may stay."""
    if not isinstance(job.target, Path) or overwrite or is_stream(job.target):
        return None
    return job.target if job.target.exists() else None


def summarize(verb: str, progress: Progress, *, total: int, skipped: int, failed: int) -> str:
    parts = [f"{total - skipped - failed} of {say_count(total, 'file')}", progress.pace()]
    if skipped:
        parts.append(f"{skipped} there already (--overwrite makes them again)")
    if failed:
        parts.append(f"{failed} failed:")
    return f"lfsc {verb}: {', '.join(parts)}"
