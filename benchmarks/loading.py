"""How long codecs take to load, and how much memory: `python benchmarks/loading.py CODEC [CODEC …]`.

Each in a process of its own, after imports; memory is the most that the process held beyond what it held before, beside
the size of the generator's weights.
"""

import subprocess
import sys

LOAD = r"""
import re, sys, time
import torch, safetensors, lfsc, lfsc.formats.load

def peak():
    # Not getrusage's, which begins with what the parent held.
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1e3

before, begin = peak(), time.perf_counter()
codec = lfsc.load(sys.argv[1])
seconds = time.perf_counter() - begin
size = sum(parameter.numel() * parameter.element_size() for parameter in codec.parameters()) / 1e6
print(f"{seconds:.2f} s {peak() - before:.0f} MB {size:.0f} MB {(peak() - before) / size:.2f}")
"""


def main() -> None:
    print("| codec | seconds | extra memory | generator | extra / generator |\n|---|---|---|---|---|")
    for source in sys.argv[1:]:
        result = subprocess.run([sys.executable, "-c", LOAD, source], capture_output=True, text=True, check=True)
        seconds, _, extra, _, size, _, ratio = result.stdout.split()
        print(f"| {source} | {seconds} | {extra} MB | {size} MB | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
