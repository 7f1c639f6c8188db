import pytest

from lfsc.nn.memory import explain_shortage


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (RuntimeError("CUDA error: out of memory"), "not enough memory (CUDA error: out of memory): less"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "not enough memory (cuDNN error: CUDNN_STATUS_ALLOC"),
        (MemoryError(), "not enough memory (MemoryError): less"),
        (RuntimeError("CUDA error: device-side assert triggered"), None),
    ],
)
def test_too_little_memory_is_told_from_other_errors(error, found):
    said = explain_shortage(error, "less")
    assert said == found if found is None else said.startswith(found)
