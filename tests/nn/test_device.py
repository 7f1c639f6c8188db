import pytest
import torch

from lfsc.nn.device import find_device


def test_the_cpu_is_there_and_auto_finds_a_device():
    assert find_device("cpu") == torch.device("cpu")
    assert find_device("auto").type in ("cpu", "cuda")


@pytest.mark.parametrize("name", ["gpu", "cuda:-1", "xpu", "meta"])
def test_a_device_that_is_none_here_is_named(name):
    with pytest.raises(ValueError, match=f"^--device {name}: expected auto, cpu, cuda or cuda:N$"):
        find_device(name)
