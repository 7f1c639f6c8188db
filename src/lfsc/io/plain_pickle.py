"""Pickles of torch.save, checked against what it writes for plain containers and tensors before torch reads them.

torch.load(weights_only=True) runs nothing, but it bounds neither memory nor time: a short pickle may copy one text a
million times, hash a tuple of tuples of tuples, or fill a dict with keys of one hash.
"""

import pickletools
from typing import Any

# What lies on the stack in place of an object, where no more than its kind matters.
MARK, DICT, ORDERED_DICT, OTHER = object(), object(), object(), object()
PROTOCOL = 2
SCALARS = frozenset({"NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"})
EMPTY = {"EMPTY_DICT": DICT, "EMPTY_LIST": OTHER, "EMPTY_TUPLE": ()}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
KINDS = ("Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
STORAGES = frozenset(f"torch {kind}Storage" for kind in KINDS)
# What may be called, and what it returns.
CALLABLE = {
    "collections OrderedDict": ORDERED_DICT,
    "_codecs encode": OTHER,
    "torch Size": OTHER,
    "torch._utils _rebuild_tensor_v2": OTHER,
    "torch._utils _rebuild_parameter": OTHER,
}
# An attribute of a state dict is set by one; each copies a dict, which may be the same large one.
MOST_BUILDS = 100
LARGEST_KEY = 1 << 31
LONGEST_STORAGE_KEY = 100


class Name(str):
    """A function or type that the pickle names."""


def check_plain(data: bytes, *, most_instructions: int) -> set[str]:
    """The keys of the storages that a pickle refers to.

    ValueError for one that names anything but plain data and tensors, or that would take more than its own length in
    time or memory. What is damaged may raise LookupError, TypeError or AttributeError too.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    keys: set[str] = set()
    spare, builds = len(data), 0
    argument: Any
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if count >= most_instructions:
            raise ValueError(f"a pickle of more than {most_instructions} instructions")
        name = opcode.name
        if name in SCALARS:
            stack.append(argument)
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name in TUPLES:
            stack[-TUPLES[name] :] = [tuple(stack[-TUPLES[name] :])]
        elif name == "MARK":
            stack.append(MARK)
        elif name == "TUPLE":
            stack.append(tuple(pop_to_mark(stack)))
        elif name in EMPTY:
            stack.append(EMPTY[name])
        elif name == "SETITEM":
            check_keys(stack[-2:-1])
            del stack[-2:]
        elif name == "SETITEMS":
            check_keys(pop_to_mark(stack)[::2])
        elif name == "APPEND":
            stack.pop()
        elif name == "APPENDS":
            pop_to_mark(stack)
        elif name == "GLOBAL":
            if argument not in CALLABLE and argument not in STORAGES:
                raise ValueError(f"it names {argument.replace(' ', '.')[:100]}")
            stack.append(Name(argument))
        elif name == "REDUCE":
            arguments, function = stack.pop(), stack.pop()
            spare -= copied_length(function, arguments)
            if spare < 0:
                raise ValueError("more bytes than the pickle has")
            stack.append(CALLABLE[function])
        elif name == "BUILD":
            builds += 1
            if builds > MOST_BUILDS or stack.pop() is not DICT or stack[-1] is not ORDERED_DICT:
                raise ValueError("attributes of what is no state dict")
        elif name == "BINPERSID":
            keys.add(storage_key(stack.pop()))
            stack.append(OTHER)
        elif name == "STOP":
            stack.pop()
        elif (name, argument) != ("PROTO", PROTOCOL):
            raise ValueError(f"pickle instruction {name}" + f" {argument}" * (name == "PROTO"))
    return keys


def pop_to_mark(stack: list[Any]) -> list[Any]:
    """What lies on the last mark, taken off the stack with it."""
    start = len(stack)
    while stack[start - 1] is not MARK:
        start -= 1
        if start == 0:
            raise ValueError("a pickle without a mark")
    items = stack[start:]
    del stack[start - 1 :]
    return items


def check_keys(keys: list[Any]) -> None:
    """Texts, whose hashes nobody can foresee, and small numbers, few of which fall together."""
    for key in keys:
        if type(key) is not str and not (type(key) is int and abs(key) < LARGEST_KEY):
            raise ValueError("a dict with keys that are neither texts nor small numbers")


def copied_length(function: Any, arguments: Any) -> int:
    """How much a call copies."""
    if type(function) is not Name or function not in CALLABLE or type(arguments) is not tuple:
        raise ValueError("a call of what is no function")
    if CALLABLE[function] is ORDERED_DICT and arguments:
        raise ValueError("an ordered dict that is not empty at first")
    return sum(len(argument) for argument in arguments if isinstance(argument, str | tuple))


def storage_key(pid: Any) -> str:
    _, kind, key, _, numel = pid
    if not (type(kind) is Name and kind in STORAGES and type(numel) is int and numel >= 0):
        raise ValueError("a storage without type or size")
    if type(key) is not str or len(key) > LONGEST_STORAGE_KEY:
        raise ValueError("a storage without a name")
    return key
