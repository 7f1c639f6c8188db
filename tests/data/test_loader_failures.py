import re

import pytest

from lfsc.data.loader_failures import explain


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            RuntimeError("DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that dataloader's "
                         "workers are out of shared memory. Please try to raise your shared memory limit."),
            "/dev/shm.* is full or too small: num_workers=0",
        ),
        (RuntimeError("unable to write to file </torch_12_3_4>: No space left on device (28)"), "/dev/shm"),
        (OSError(28, "No space left on device"), "/dev/shm"),
        (
            RuntimeError("unable to open shared memory object </torch_1_2_3> : Too many open files (24)"),
            r"needs more than the \d+ files.*ulimit -n",
        ),
        (OSError(24, "Too many open files"), "ulimit -n"),
        (RuntimeError("DataLoader timed out after 60 seconds"), "no batch came within 60 s or a worker died: "),
    ],
)  # fmt: skip
def test_a_failure_of_the_loaders_processes_is_told_with_what_to_do(error, message):
    assert re.search(message, explain(error))
    assert explain(RuntimeError("something else")) is None
