"""How the threads of one operation wait for each other."""

import os

SPINS = "1000"


def spin_briefly() -> None:
    """Let the threads of GNU's OpenMP fall asleep after a three-hundredth of the time that they spin by default.

    An operation ends with its last thread. Where other work holds a core, the others would spin meanwhile, and take
    from that thread what it needs (docs/performance.md). Must be called before torch is imported. GOMP_SPINCOUNT and
    OMP_WAIT_POLICY that are set already stay as they are.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
