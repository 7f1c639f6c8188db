"""What this machine is, and the most that it computes."""

import platform
import time
from pathlib import Path
from statistics import median

import torch
from stopwatch import synchronize

DTYPES = {"32-true": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


def name_of_machine() -> str:
    """The device and what stands around it, as people write it."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    processor = models[0].partition(": ")[2] if models else platform.processor()
    gpu = f"{torch.cuda.get_device_name()}, " if torch.cuda.is_available() else ""
    return f"{gpu}{torch.get_num_threads()} cores of {processor}; torch {torch.__version__}"


def matrix_peak(precision: str) -> float:
    """FLOP/s of a large matrix product in the type of a precision, the median of five; TF32 for float32 on a GPU."""
    torch.backends.cuda.matmul.allow_tf32 = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    size = 8192 if device == "cuda" else 2048
    a = torch.randn(size, size, device=device).to(DTYPES[precision])
    seconds = []
    for _ in range(6):
        synchronize()
        begin = time.perf_counter()
        a @ a
        synchronize()
        seconds.append(time.perf_counter() - begin)
    del a
    torch.cuda.empty_cache()  # other processes want the memory
    return 2 * size**3 / median(seconds[1:])
