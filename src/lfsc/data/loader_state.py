"""energon's loader state as plain containers, which torch.load(weights_only=True) reads, and back."""

from dataclasses import fields, is_dataclass
from typing import Any

from megatron.energon.flavors.webdataset.sample_loader import SliceState
from megatron.energon.savable_loader import SavableDataLoaderState, SavableDatasetCheckpoint, SavableDatasetState
from megatron.energon.state import FlexState

from lfsc.nn.arguments import brief

STATES = {
    state.__name__: state
    for state in (SavableDataLoaderState, SavableDatasetCheckpoint, SavableDatasetState, FlexState, SliceState)
}
# What counts something, in whichever state it is.
COUNTS = {
    *("sample_index", "offset", "next_worker_id", "index", "current", "_sample_index", "_sample_count"),
    *("_epoch_count", "_epoch_sample_count", "_repetition", "_index"),
}
LARGEST = 1 << 53


def to_plain(state: Any) -> Any:
    """Dicts {class name: fields}, lists, tuples, numbers, strings and bytes."""
    if isinstance(state, SavableDatasetState):
        # The global random generators of a worker: nothing of ours draws from them.
        state = SavableDatasetState(rng=None, dataset_state=state.dataset_state, sample_index=state.sample_index)
    if is_dataclass(state):
        return {type(state).__name__: {f.name: to_plain(getattr(state, f.name)) for f in fields(state)}}
    if isinstance(state, FlexState):
        return {"FlexState": {key: to_plain(value) for key, value in state.items()}}
    if isinstance(state, list | tuple):
        return type(state)(to_plain(item) for item in state)
    assert state is None or isinstance(state, bool | int | float | str | bytes), type(state)
    return state


def from_plain(plain: Any, field: str = "") -> Any:
    """What `to_plain` was given; ValueError for a number, or something in the place of a count, that is no count."""
    if field in COUNTS or not isinstance(plain, dict | list | tuple | str | bytes | bool | None):
        if type(plain) is not int or not 0 <= plain < LARGEST:
            raise ValueError(f"{field} is {brief(plain)}")
    elif isinstance(plain, dict):
        ((name, content),) = plain.items()
        return STATES[name](**{key: from_plain(value, key) for key, value in content.items()})
    elif isinstance(plain, list | tuple):
        return type(plain)(from_plain(item, field) for item in plain)
    return plain
