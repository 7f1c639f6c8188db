"""Too little memory, as whoever lacks it says so."""

import re

from lfsc.io.messages import one_line

# Of torch's allocators, of CUDA's own, and of the workspaces of cuDNN and cuBLAS: their errors have no class in common.
SHORT = re.compile(r"out of memory|can't allocate memory|ALLOC_FAILED")
SHORTER_CHUNKS = "a smaller --chunk-seconds needs less"


def explain_shortage(error: BaseException, advice: str) -> str | None:
    """What there was too little memory for, in one line with `advice`; None for another kind of error."""
    text = one_line(error)
    if isinstance(error, MemoryError) or SHORT.search(text):
        return f"not enough memory ({text[:120] or type(error).__name__}): {advice}"
    return None
