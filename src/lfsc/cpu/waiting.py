"""How the threads of one operation wait for each other."""

import os

SPINS = "1000"


def wait_without_spinning() -> None:
    """Let the threads of OpenMP fall asleep after a thousandth of the time that they usually spin.

    An operation ends with its last thread. Where other work holds a core, the others would spin meanwhile, and take
    from that thread what it needs (docs/performance.md). It must be said before torch is imported; who has set one of
    the two variables keeps it.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
