"""A GPU as a CPU can have it: tensors that say they lie on cuda:0, and whose numbers the CPU computes.

What only the host's side of a program decides can be tried with them: whether all that meets in an operation lies on
the device, what waits for the device and what is copied to it, what autocast and optimizers take on one. Kernels are
the CPU's, so that nothing is learned of a GPU's rounding, speed and memory.
"""

import inspect
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.utils._foreach_utils import _foreach_supported_types
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

DEVICE = torch.device("cuda:0")
SOURCE = str(Path(__file__).resolve().parents[2] / "src")

aten = torch.ops.aten
# What the host must know before it goes on.
READS = {aten._local_scalar_dense.default, aten.nonzero.default, aten.is_nonzero.default, aten.equal.default}
READS |= {aten.masked_select.default, aten.bincount.default, aten._unique2.default, aten.repeat_interleave.Tensor}
INDEXED = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default}
COPIES = {aten._to_copy.default, aten.copy_.default}
BOOLEAN = (torch.bool, torch.uint8)
BACKWARDS = count(1)


class OnDevice(Tensor):
    """A tensor of the emulated GPU; `inner` has its numbers."""

    @staticmethod
    def __new__(cls, inner: Tensor, gpu: "EmulatedGPU"):
        layout = {"strides": inner.stride(), "storage_offset": inner.storage_offset(), "dtype": inner.dtype}
        return Tensor._make_wrapper_subclass(cls, inner.shape, device=DEVICE, **layout)

    def __init__(self, inner: Tensor, gpu: "EmulatedGPU"):
        self.inner, self.gpu = inner, gpu

    def __repr__(self, **_) -> str:
        return f"OnDevice({self.inner})"

    def tolist(self):
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        # Where the mode below is not active, such as in a thread of its own.
        first = next(each for each in tree_leaves((args, kwargs)) if isinstance(each, cls))
        with first.gpu:
            return function(*args, **(kwargs or {}))


class EmulatedGPU(TorchDispatchMode):
    """Does what the device is asked for; `issued`, `waits` and `uploads` say what that was, and from which line."""

    def __init__(self):
        super().__init__()
        self.forget()

    def forget(self) -> None:
        self.issued: Counter[str] = Counter()
        self.waits: list[str] = []
        self.uploads: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function is torch.ops.prim.device.default:
            return args[0].device
        if function is aten._fused_sdp_choice.default:
            return 0  # the one that is made of operations: the others are kernels of their own for each device
        given = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        ours = [each for each in given if isinstance(each, OnDevice)]
        wanted = kwargs.get("device")
        if wanted is not None:
            kwargs["device"] = torch.device("cpu")
        to_device = bool(ours) if wanted is None else torch.device(wanted).type == "cuda"
        if function is aten.copy_.default:
            to_device = isinstance(args[0], OnDevice)
        self.note(function, given, ours, to_device)
        if function not in COPIES:
            refuse_mixed(function, args, kwargs)
        inner_args, inner_kwargs = tree_map_only(OnDevice, lambda each: each.inner, (args, kwargs))
        result = function(*inner_args, **inner_kwargs)
        if torch.Tag.inplace_view in function.tags and ours:
            # What a tensor says of its own shape.
            with no_dispatch():
                function(*args, **kwargs)
        if not to_device:
            return result
        before = {id(each.inner): each for each in ours}

        def outer(inner: Tensor) -> Tensor:
            return before[id(inner)] if id(inner) in before else OnDevice(inner, self)

        return tree_map_only(Tensor, outer, result)

    def note(self, function, given: list[Tensor], ours: list[Tensor], to_device: bool) -> None:
        if to_device or ours:
            self.issued[function.overloadpacket.__name__] += 1
        by_mask = function in INDEXED and any(each.dtype in BOOLEAN for each in given[1:])
        if (ours and (function in READS or by_mask)) or (function in COPIES and ours and not to_device):
            self.waits.append(f"{function.overloadpacket.__name__} {caller()}")
        # A device's `where`, and what is put at indices, does not take numbers of the host as they are.
        if function in (*COPIES, aten.where.self, aten.index_put_.default) and to_device and len(ours) < len(given):
            self.uploads.append(f"{list(given[-1].shape)} {caller()}")


def refuse_mixed(function, args, kwargs) -> None:
    """RuntimeError where a device would refuse what it is given: tensors of the host, unless they are plain numbers."""
    named = list(zip(function._schema.arguments[: len(args)], args, strict=True))
    named += [(each, kwargs[each.name]) for each in function._schema.arguments if each.name in kwargs]
    all_given = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
    if not any(isinstance(each, OnDevice) for each in all_given):
        return
    for argument, value in named:
        is_written = argument.alias_info is not None and argument.alias_info.is_write
        for each in tree_leaves(value):
            if not isinstance(each, Tensor) or isinstance(each, OnDevice):
                continue
            if each.dim() or is_written or torch.Tag.pointwise not in function.tags:
                raise RuntimeError(f"{function}: {argument.name} {list(each.shape)} lies on the host, {caller()}")


def caller() -> str:
    """The line of the package that is at work."""
    frame = inspect.currentframe()
    while frame is not None and not frame.f_code.co_filename.startswith(SOURCE):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame else "elsewhere"


def backward(loss: Tensor) -> None:
    """As `loss.backward()`, by a walk through the graph in Python: autograd's engine asks a device for its streams."""
    root, number = loss.grad_fn, next(BACKWARDS)
    arrived: dict = defaultdict(dict)
    arrived[root][loss.output_nr] = torch.ones_like(loss)
    # By this number activation checkpointing knows what it has computed anew already.
    with torch.no_grad(), mock.patch("torch._C._current_graph_task_id", lambda: number):
        for node in in_order(root):
            given = arrived.pop(node, None)
            if given and hasattr(node, "variable"):
                (gradient,) = given.values()
                leaf = node.variable
                leaf.grad = gradient.detach() if leaf.grad is None else leaf.grad.add_(gradient)
            elif given:
                call = node.apply if isinstance(node, BackwardCFunction) else node
                results = call(*(given.get(number) for number in range(len(node._input_metadata))))
                results = results if isinstance(results, tuple) else (results,)
                following_nodes = node.next_functions
                # After the tensors come arguments of a Function that are none.
                assert all(each is None for each in results[len(following_nodes) :])
                for (following, place), gradient in zip(following_nodes, results[: len(following_nodes)], strict=True):
                    if following is not None and gradient is not None:
                        add(arrived[following], place, as_expected(gradient, following._input_metadata[place]))


def in_order(root) -> list:
    """All nodes behind `root`, each before those that it gives gradients to."""
    left, seen, done = [(root, False)], set(), []
    while left:
        node, is_left = left.pop()
        if is_left:
            done.append(node)
        elif node not in seen:
            seen.add(node)
            left.append((node, True))
            left += [(following, False) for following, _ in node.next_functions if following is not None]
    return done[::-1]


def as_expected(gradient: Tensor, wanted) -> Tensor:
    assert gradient.device == wanted.device
    return gradient.sum_to_size(tuple(wanted.shape)).to(wanted.dtype)


def add(gradients: dict, place: int, gradient: Tensor) -> None:
    gradients[place] = gradients[place] + gradient if place in gradients else gradient


@contextmanager
def emulated_gpu() -> Iterator[EmulatedGPU]:
    """Inside, cuda:0 is there; modules get there by `to`, and gradients by `backward` above."""
    # What FakeTensorMode does as well where there is no device: it has streams for nothing.
    torch._C._ensureCUDADeviceGuardSet()
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    lifted = torch._C._only_lift_cpu_tensors()
    torch._C._set_only_lift_cpu_tensors(True)
    _foreach_supported_types.append(OnDevice)
    try:
        with ExitStack() as stack:
            stack.enter_context(mock.patch("torch.cuda._lazy_init", lambda: None))
            stack.enter_context(mock.patch("torch.cuda.is_bf16_supported", lambda *_: True))
            stack.enter_context(mock.patch("torch.cuda.amp.common.amp_definitely_not_available", lambda: False))
            stack.enter_context(mock.patch("torch.autograd.grad", gradients_of))
            yield stack.enter_context(EmulatedGPU())
    finally:
        _foreach_supported_types.remove(OnDevice)
        torch.__future__.set_overwrite_module_params_on_conversion(before)
        torch._C._set_only_lift_cpu_tensors(lifted)


def gradients_of(loss: Tensor, leaf: Tensor, **_) -> tuple[Tensor]:
    """torch.autograd.grad of one leaf."""
    kept, leaf.grad = leaf.grad, None
    backward(loss)
    found, leaf.grad = leaf.grad, kept
    return (found,)


def numbers(values):
    """The same with tensors of the host in the place of the device's."""
    return tree_map_only(OnDevice, lambda each: each.inner, values)
