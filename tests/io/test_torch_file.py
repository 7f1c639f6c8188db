"""Tensors of torch.save's files, against torch.load."""

import io
import subprocess
import sys
import zipfile
from collections import OrderedDict

import pytest
import torch
from torch_archives import colliding, overlapping, rezipped, saved, with_pickle

from lfsc.io.torch_file import TorchFile, Weights


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size=-1):
        data = super().read(size)
        self.count += len(data)
        return data


def opened(data: bytes) -> TorchFile:
    return TorchFile(io.BytesIO(data), name="weights")


TENSORS = {
    "float32": torch.randn(3, 4, 5),
    "float64": torch.randn(3).double(),
    "half": torch.randn(4).half(),
    "bfloat16": torch.randn(4).bfloat16(),
    "integers": torch.arange(7),
    "bytes": torch.arange(5, dtype=torch.uint8),
    "flags": torch.tensor([True, False]),
    "scalar": torch.tensor(3.0),
    "empty": torch.empty(0, 3),
    "transposed": torch.randn(4, 6).T,
    "sliced": torch.randn(10, 3)[2:7:2],
    "channels last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    "parameter": torch.nn.Parameter(torch.randn(2)),
}


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_is_what_torch_load_gives(name):
    data = saved({name: TENSORS[name]})
    file = opened(data)
    tensor = file.read_tensor(file.contents[name])
    assert torch.equal(tensor, torch.load(io.BytesIO(data), weights_only=True)[name])
    assert tensor.dtype == TENSORS[name].dtype and tensor.is_contiguous()


def test_a_module_and_its_optimiser_are_read():
    module = torch.nn.Linear(3, 4)
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.ones(3)).sum().backward()
    optimizer.step()
    value = {"state_dict": module.state_dict(), "optimizer": optimizer.state_dict(), "rng": b"\x00\x01", "n": 3}
    file = opened(saved(value))
    assert isinstance(file.contents["state_dict"], OrderedDict)
    assert torch.equal(Weights(file, file.contents["state_dict"])["weight"], module.weight)
    assert file.contents["rng"] == b"\x00\x01"
    assert torch.equal(
        file.read_tensor(file.contents["optimizer"]["state"][0]["exp_avg"]), optimizer.state[module.weight]["exp_avg"]
    )


def test_only_the_tensors_that_are_asked_for_are_read():
    counting = Counting(saved({"large": torch.zeros(1_000_000), "small": torch.ones(10)}))
    file = TorchFile(counting, name="weights")
    assert torch.equal(file.read_tensor(file.contents["small"]), torch.ones(10))
    assert counting.count < 100_000


def test_a_flipped_bit_is_found():
    data = bytearray(saved({"a": torch.ones(1000)}))
    data[data.index(torch.ones(1000).numpy().tobytes()) + 100] ^= 1
    file = opened(bytes(data))
    with pytest.raises(ValueError, match=r"data/0 is damaged: Bad CRC"):
        file.read_tensor(file.contents["a"])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_cut_file_is_refused(share):
    data = saved({"a": torch.ones(1000)})
    with pytest.raises(ValueError, match="not a whole checkpoint"):
        opened(data[: int(share * len(data))])


def test_a_version_of_zip_that_is_not_known_is_refused():
    data = bytearray(saved({"a": torch.ones(3)}))
    data[data.index(b"PK\1\2") + 6] = 99
    with pytest.raises(ValueError, match=r"weights is not a whole checkpoint.*zip file version 9\.9"):
        opened(bytes(data))


def test_compressed_records_are_refused():
    data = rezipped(saved({"a": torch.ones(1000)}), lambda name, record: record, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="compressed"):
        opened(data)


def test_a_storage_that_claims_more_than_its_record_holds_is_refused():
    honest = saved({"a": torch.ones(1000)})
    # BININT2 1000 is the number of elements; the shape still fits into it.
    lying = rezipped(honest, lambda name, record: record.replace(b"M\xe8\x03tq", b"J\xff\xff\xff\x7ftq"))
    file = opened(lying)
    with pytest.raises(ValueError, match="4000 bytes for a storage of 8589934588"):
        file.read_tensor(file.contents["a"])


def test_a_tensor_larger_than_its_storage_is_refused():
    for tensor in (torch.ones(1).expand(1000, 1000), torch.ones(1).expand(1 << 40)):
        file = opened(saved({"a": tensor}))
        with pytest.raises(ValueError, match=r"data/0 is damaged.*reaches beyond its storage of 4 bytes"):
            file.read_tensor(file.contents["a"])


def test_one_storage_under_many_names_is_refused():
    tensor = torch.ones(5)
    file = opened(saved({"x.a": tensor, "x.b": tensor}))
    with pytest.raises(ValueError, match="2 tensors in 1 storages"):
        Weights(file, file.contents).below("x.")


def test_what_is_no_state_dict_is_refused():
    file = opened(saved({"a": 3}))
    with pytest.raises(ValueError, match="no state dict"):
        Weights(file, file.contents)


def test_a_memo_of_gigabytes_takes_none():
    assert opened(with_pickle(b"\x80\x02K\x07r\xff\xff\xff\x7f.")).contents == 7


TUPLE = b"(" + b"K\x01" * 100_000 + b"tq\x01"
HOSTILE = {
    "records that overlap": lambda: overlapping(saved({"a": torch.zeros(2_000_000)}), 1000),
    "a directory of 100 000 records": lambda: overlapping(saved({"a": torch.zeros(1)}), 100_000),
    "keys of one hash": lambda: with_pickle(colliding(50_000)),
    "nine million instructions": lambda: with_pickle(b"\x80\x02" + b"]" * 9_000_000 + b"."),
    "one text copied": lambda: with_pickle(
        b"\x80\x02X\x40\x42\x0f\x00" + b"a" * 1_000_000 + b"q\x01c_codecs\nencode\nq\x02X\x06\x00\x00\x00latin1q\x03"
        + b"(" + b"h\x02h\x01h\x03\x86R" * 60_000 + b"t."
    ),
    "one tuple copied": lambda: with_pickle(
        b"\x80\x02" + TUPLE + b"ctorch\nSize\nq\x02(" + b"h\x02h\x01\x85R" * 60_000 + b"t."
    ),
    "one dict of attributes": lambda: with_pickle(
        b"\x80\x02}(" + b"".join(b"M" + number.to_bytes(2, "little") + b"N" for number in range(60_000)) + b"uq\x01"
        + b"ccollections\nOrderedDict\n)R" + b"h\x01b" * 60_000 + b"."
    ),
    "a tensor of many dimensions": lambda: with_pickle(
        b"\x80\x02" + TUPLE + b"ctorch._utils\n_rebuild_tensor_v2\nq\x02X\x01\x00\x00\x000q\x03"
        + b"(" + b"h\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nh\x03h\x03K\x01tQK\x00h\x01h\x01\x89NtR" * 1000
        + b"t."
    ),
}  # fmt: skip


READ_EACH = """
import sys, time
from lfsc.io.torch_file import TorchFile, Weights
for name in sys.argv[1:]:
    before = time.process_time()
    try:
        Weights(file := TorchFile(open(name, "rb"), name="it"), file.contents).below("")
    except ValueError as error:
        print(time.process_time() - before, error)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_a_file_that_would_fill_the_memory_or_take_long_is_refused(tmp_path):
    """Each under 10 MB; within 5 s of computing and 1 GB."""
    for number, make in enumerate(HOSTILE.values()):
        (tmp_path / str(number)).write_bytes(make())
        assert (tmp_path / str(number)).stat().st_size < 10_000_000
    files = [str(tmp_path / str(number)) for number in range(len(HOSTILE))]
    ran = subprocess.run([sys.executable, "-c", READ_EACH, *files], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    *lines, peak = ran.stdout.splitlines()
    for kind, line in zip(HOSTILE, lines, strict=True):
        seconds, message = line.split(maxsplit=1)
        assert message.startswith("it is not a whole checkpoint") and float(seconds) < 5, (kind, line)
    assert int(peak) < 1 << 20  # in kB
