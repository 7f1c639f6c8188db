"""Tensors of torch.save's files, against torch.load."""

import io
import zipfile
from collections import OrderedDict

import pytest
import torch

from lfsc.io.torch_file import TorchFile, Weights


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size=-1):
        data = super().read(size)
        self.count += len(data)
        return data


def saved(value) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def opened(data: bytes) -> TorchFile:
    return TorchFile(io.BytesIO(data), name="weights")


def rezipped(data: bytes, change, **options) -> bytes:
    """The archive with each record as `change(name, bytes)` makes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", **options) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return out.getvalue()


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
    tensor = file.tensor(file.contents[name])
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
        file.tensor(file.contents["optimizer"]["state"][0]["exp_avg"]), optimizer.state[module.weight]["exp_avg"]
    )


def test_only_the_tensors_that_are_asked_for_are_read():
    counting = Counting(saved({"large": torch.zeros(1_000_000), "small": torch.ones(10)}))
    file = TorchFile(counting, name="weights")
    assert torch.equal(file.tensor(file.contents["small"]), torch.ones(10))
    assert counting.count < 100_000


def test_a_flipped_bit_is_found():
    data = bytearray(saved({"a": torch.ones(1000)}))
    data[data.index(torch.ones(1000).numpy().tobytes()) + 100] ^= 1
    file = opened(bytes(data))
    with pytest.raises(ValueError, match="data/0 is damaged: Bad CRC"):
        file.tensor(file.contents["a"])


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
    with pytest.raises(ValueError, match="4000 bytes for 2147483647 numbers"):
        file.tensor(file.contents["a"])


def test_a_tensor_larger_than_its_storage_is_refused():
    with pytest.raises(ValueError, match="reaches beyond its storage"):
        opened(saved({"a": torch.ones(1).expand(1000, 1000)}))


def test_one_storage_under_many_names_is_refused():
    tensor = torch.ones(5)
    file = opened(saved({"x.a": tensor, "x.b": tensor}))
    with pytest.raises(ValueError, match="2 tensors in 1 storages"):
        Weights(file, file.contents).below("x.")


def test_what_is_no_state_dict_is_refused():
    file = opened(saved({"a": 3}))
    with pytest.raises(ValueError, match="no state dict"):
        Weights(file, file.contents)
