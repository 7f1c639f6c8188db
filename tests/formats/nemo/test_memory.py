"""What loading for inference leaves unread."""

import subprocess
import sys

import pytest
import torch

from lfsc.formats.nemo.writing import write_archive
from lfsc.formats.resolve import resolve

LOAD = r"""
import re, sys
import lfsc.formats.load

def peak():
    # Not getrusage's, which begins with what the parent held.
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) * 1024

before = peak()
codec = lfsc.formats.load.load(sys.argv[1])
size = sum(parameter.numel() * parameter.element_size() for parameter in codec.parameters())
print((peak() - before) / size)
"""


@pytest.mark.slow
def test_a_generator_is_held_once_and_the_rest_not_at_all(tmp_path, write_checkpoint, change):
    path = tmp_path / "codec.nemo"
    with resolve(write_checkpoint(tmp_path / "a.ckpt", channels=64, rates=(2, 4, 8), kernel_sizes=[11])) as found:
        weights = found.codec_weights()
        write_archive(path, codec=found.codec, weights=weights)
        size = sum(weights[name].numel() for name in weights) * 4
    frozen = torch.zeros(40_000_000)
    change(path, lambda config, state: state.update({"discriminator.discriminators.2.slm_model.ssl_model.w": frozen}))
    assert size > 40e6 and path.stat().st_size > 4 * size
    result = subprocess.run([sys.executable, "-c", LOAD, path], capture_output=True, text=True, check=True)
    assert 0.5 < float(result.stdout) < 1.3
