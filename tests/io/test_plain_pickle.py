"""Pickles that hold more than data do nothing."""

import os
import pickle

import pytest
import torch

from lfsc.io.plain_pickle import unpickled


class Runs:
    """Pickles to a call of a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


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
        unpickled(pickle.dumps(call(trace), protocol=protocol))
    assert not trace.exists()


def test_names_of_torch_that_are_not_needed_are_refused():
    for name in (
        "torch.hub\nload",
        "torch._utils\n_rebuild_device_tensor_from_numpy",
        "torch.storage\n_load_from_bytes",
    ):
        with pytest.raises(ValueError, match="it names torch"):
            unpickled(b"c" + name.encode() + b"\n.")


def test_a_memo_of_gigabytes_is_refused():
    with pytest.raises(ValueError, match="memo"):
        unpickled(b"\x80\x02Nr\xff\xff\xff\x7f.")


def test_a_short_pickle_cannot_make_long_bytes():
    text = pickle.dumps("a" * 10_000, protocol=2)[2:-1]
    encode = b"c_codecs\nencode\nq\x10h\x01X\x06\x00\x00\x00latin1\x86R"
    with pytest.raises(ValueError, match="more bytes"):
        unpickled(b"\x80\x02(" + text + b"q\x01" + encode * 50 + b"l.".replace(b"l", b"t"))


@pytest.mark.parametrize("damaged", [b"", b".", b"\x80\x02", b"\x80\x02N", b"\x80\x02R.", b"\x80\x02h\x01.", b"hello"])
def test_what_is_no_pickle_is_refused(damaged):
    with pytest.raises((ValueError, pickle.UnpicklingError, IndexError, EOFError)):
        unpickled(damaged)


def test_plain_containers_come_back_equal():
    value = {"a": [1, 2.5, None, True, -7, 1 << 40], "b": ("x", ()), "c": {"d": b"\x00\xff bytes", "e": b""}}
    assert unpickled(pickle.dumps(value, protocol=2)) == value
