"""Pickles that hold more than data do nothing."""

import os
import pickle
from collections import OrderedDict

import pytest
import torch
from torch_archives import Runs

from lfsc.io.plain_pickle import check_plain


def check(data: bytes) -> set[str]:
    return check_plain(data, most_instructions=100_000)


@pytest.mark.parametrize(
    "call",
    [
        lambda trace: Runs(os.system, f"touch {trace}"),
        lambda trace: Runs(eval, f"open({str(trace)!r}, 'w')"),
        lambda trace: Runs(open, str(trace), "w"),
        lambda trace: Runs(os.mkdir, str(trace)),
        lambda trace: Runs(getattr, "text", "format"),
        lambda trace: Runs(torch.load, str(trace)),
        lambda trace: {"a": [1, (Runs(exec, f"import os; os.mkdir({str(trace)!r})"),)]},
    ],
)
@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_pickle_with_code_leaves_no_trace(call, protocol, tmp_path):
    trace = tmp_path / "trace"
    with pytest.raises(ValueError, match=r"it names|pickle instruction"):
        check(pickle.dumps(call(trace), protocol=protocol))
    assert not trace.exists()


def test_names_of_torch_that_are_not_needed_are_refused():
    for name in (
        "torch.hub\nload",
        "torch._utils\n_rebuild_device_tensor_from_numpy",
        "torch.storage\n_load_from_bytes",
    ):
        with pytest.raises(ValueError, match="it names torch"):
            check(b"c" + name.encode() + b"\n.")


def test_a_short_pickle_cannot_make_long_bytes():
    text = pickle.dumps("a" * 10_000, protocol=2)[2:-1]
    encode = b"c_codecs\nencode\nq\x10h\x01X\x06\x00\x00\x00latin1\x86R"
    with pytest.raises(ValueError, match="more bytes"):
        check(b"\x80\x02(" + text + b"q\x01" + encode * 50 + b"l.".replace(b"l", b"t"))


@pytest.mark.parametrize("damaged", [b"", b".", b"\x80\x02", b"\x80\x02N", b"\x80\x02R.", b"\x80\x02h\x01.", b"hello"])
def test_what_is_no_pickle_is_refused(damaged):
    with pytest.raises((ValueError, LookupError, TypeError)):
        check(damaged)


def test_plain_containers_pass():
    value = {"a": [1, 2.5, None, True, -7, 1 << 40], "b": ("x", ()), 3: {"d": b"\x00\xff bytes"}}
    assert check(pickle.dumps(value, protocol=2)) == set()


def test_a_short_pickle_cannot_make_long_tuples():
    numbers = b"(" + b"K\x01" * 5000 + b"tq\x01"
    with pytest.raises(ValueError, match="more bytes"):
        check(b"\x80\x02(" + numbers + b"ctorch\nSize\nq\x02" + b"h\x02h\x01\x85R" * 50 + b"t.")


@pytest.mark.parametrize(
    "key",
    [
        # The same hash, whatever the factor.
        *((7 + factor * ((1 << 61) - 1)) for factor in (1, 2, 1000)),
        2.0**61,
        (1, 2),
        b"bytes",
        None,
    ],
)
def test_keys_of_foreseeable_hashes_are_refused(key):
    for value in ({key: 1}, {"a": 1, key: 2}, {"state": OrderedDict({key: [1]})}):
        with pytest.raises(ValueError, match="neither texts nor small numbers"):
            check(pickle.dumps(value, protocol=2))


def test_a_tuple_of_tuples_of_tuples_is_not_hashed():
    with pytest.raises(ValueError, match="neither texts nor small numbers"):
        check(b"\x80\x02)q\x01" + b"h\x01h\x01\x86q\x01" * 60 + b"}h\x01Ns.")


@pytest.mark.parametrize(
    ("pickled", "reason"),
    [
        (b"\x8c\x01a.", "SHORT_BINUNICODE"),
        (b"ccollections\nOrderedDict\n](K\x01K\x02\x86e\x85R.", "not empty at first"),
        (b"ccollections\nOrderedDict\n)R]b.", "no state dict"),
        (b"ctorch\nSize\n)R}b.", "no state dict"),
        (b"ccollections\nOrderedDict\n)R" + b"}b" * 101 + b".", "no state dict"),
        (b"X\x01\x00\x00\x00a)R.", "no function"),
        (b"ctorch\nFloatStorage\nK\x01\x85R.", "no function"),
        (b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\n))K\x01tQ.", "without a name"),
        (b"(X\x07\x00\x00\x00storageNX\x01\x00\x00\x000NK\x01tQ.", "without type"),
        (b"]" * 100_001 + b".", "more than 100000 instructions"),
    ],
)
def test_what_torch_save_never_writes_is_refused(pickled, reason):
    with pytest.raises((ValueError, KeyError), match=reason):
        check(b"\x80\x02" + pickled)
