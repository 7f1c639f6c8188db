"""CUDA graphs as a CPU can have them: operations are kept as they are issued, and done again in the same memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only


class CpuRecorder:
    """As CudaRecorder; what Python decides or reads while work is issued is not asked again in a replay."""

    def __init__(self) -> None:
        self.rehearsed = 0
        self.graphs: list[Operations] = []

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        self.rehearsed += 1
        yield

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        operations = Operations()
        with operations:
            work()
        operations.undo()
        self.graphs.append(operations)
        return operations.replay


class Operations(TorchDispatchMode):
    """What is computed inside, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple] = []
        self.read: set[int] = set()  # addresses of memory that was there before them
        self.own: set[int] = set()  # addresses of memory that these operations have allocated
        self.from_python: set[int] = set()  # those with numbers of Python's, as torch.tensor(3), and what comes of them
        self.before: dict[int, tuple[Tensor, Tensor]] = {}  # what lay elsewhere before the first of them wrote there

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given_before = aliases((args, kwargs))
        given = {tensor.untyped_storage().data_ptr() for tensor in tensors((args, kwargs))}
        is_from_python = given <= self.from_python
        if function is torch.ops.aten._local_scalar_dense.default and not is_from_python:
            raise RuntimeError("a graph is captured, and Python asks the device for a number")
        for tensor in written(function, args, kwargs):
            address = tensor.untyped_storage().data_ptr()
            if address not in self.own and address not in self.before:
                size = tensor.untyped_storage().nbytes() // tensor.itemsize
                whole = torch.as_strided(tensor.detach(), (size,), (1,), 0)
                self.before[address] = (whole, whole.clone())
        if function is not torch.ops.aten.lift_fresh.default:
            self.read |= given - self.own - self.from_python
        result = function(*args, **kwargs)
        fresh = [tensor for tensor in tensors(result) if tensor.untyped_storage().data_ptr() not in given]
        self.own |= {tensor.untyped_storage().data_ptr() for tensor in fresh}
        if function is torch.ops.aten.lift_fresh.default or (given and is_from_python):
            self.from_python |= {tensor.untyped_storage().data_ptr() for tensor in tensors(result)}
        # Kept with their results, whose memory nobody else may have then.
        self.calls.append((function, *aliases((given_before, result))))
        return result

    def undo(self) -> None:
        """A capture does nothing of what it captures."""
        for place, value in self.before.values():
            place.copy_(value)

    def replay(self) -> None:
        with torch.no_grad():
            for function, given, result in self.calls:
                args, kwargs = aliases(given)
                again = function(*args, **kwargs)
                for place, value in zip(tensors(result), tensors(again), strict=True):
                    if place.data_ptr() != value.data_ptr():
                        place.copy_(value)


def tensors(values) -> list[Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, Tensor) and value.untyped_storage().nbytes()]


def aliases(values):
    """The same memory by tensors of its own, whose shapes nobody changes in place."""
    return tree_map_only(Tensor, Tensor.detach, values)


def written(function, args, kwargs) -> list[Tensor]:
    """The arguments that an operation changes."""
    schema = function._schema.arguments
    named = zip(schema, args, strict=False), ((each, kwargs[each.name]) for each in schema if each.name in kwargs)
    return tensors([value for pairs in named for each, value in pairs if each.alias_info and each.alias_info.is_write])
