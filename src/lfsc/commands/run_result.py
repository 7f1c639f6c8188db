"""What a run came to and what its samples sound like, for the person at the terminal."""

from lfsc.distributed import is_first
from lfsc.runs.directory import Run
from lfsc.runs.summary import report_ending


def report_run(run: Run) -> int:
    """Print how a run ended and how well its last samples can be understood; the exit status of its command."""
    from lfsc.evaluation.run_samples import describe_samples

    code = report_ending(run)
    if is_first():
        for line in describe_samples(run):
            print(line)
    return code
