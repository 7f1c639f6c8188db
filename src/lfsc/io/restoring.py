"""What is said of a checkpoint whose contents make those fail that take them back."""

from collections.abc import Iterator
from contextlib import contextmanager

from lfsc.io.torch_file import DAMAGE

WHY = "the checkpoint is damaged, or an older lfsc wrote it"
MISFITS = (*DAMAGE, ArithmeticError, AssertionError, StopIteration)


@contextmanager
def taking_back(what: str) -> Iterator[None]:
    """ValueError, in one line, in place of any error that a checkpoint's `what` gives rise to."""
    try:
        yield
    except MISFITS as error:
        raise ValueError(explain_misfit(what, error)) from error


def explain_misfit(what: str, error: BaseException) -> str:
    # The last line: of a worker's error, the others are its traceback.
    *_, last = str(error).strip().splitlines() or [""]
    reason = f"{type(error).__name__}: {last.strip()[:120]}".removesuffix(": ")
    return f"the checkpoint's {what} cannot be taken back ({reason}): {WHY}"
