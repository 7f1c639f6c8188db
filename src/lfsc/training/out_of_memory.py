"""What a training says when there is not enough memory."""

import torch

from lfsc.io.messages import one_line

ADVICE = (
    "a smaller batch_size, num_micro_batches=N, activation_checkpointing=true, trainer.precision=bf16-mixed and a "
    "shorter crop_length need less (docs/scale.md, Memory)"
)


def explain(error: BaseException) -> str | None:
    """The failure in one line with what to do; None for another kind of error."""
    text = one_line(error)
    # On a CPU, torch's allocator raises nothing more particular than a RuntimeError.
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in text:
        return f"not enough memory ({text[:120] or type(error).__name__}): {ADVICE}"
    return None
