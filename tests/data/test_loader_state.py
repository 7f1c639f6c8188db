import io

import pytest
import torch

from lfsc.data.loader_state import from_plain, to_plain


def plain_types(tree) -> set[type]:
    if isinstance(tree, dict):
        return {dict}.union(*map(plain_types, tree), *map(plain_types, tree.values()))
    if isinstance(tree, list | tuple):
        return {type(tree)}.union(*map(plain_types, tree))
    return {type(tree)}


def states(open_stream, corpus, num_workers):
    stream = open_stream(corpus, num_workers=num_workers)
    batches = iter(stream)
    for _ in range(5):
        next(batches)
    return stream.loader.save_state_rank()


def test_a_state_survives_a_file_that_holds_no_code(open_stream, corpus):
    for workers in (0, 2):
        plain = to_plain(states(open_stream, corpus, workers))
        assert plain_types(plain) <= {dict, list, tuple, int, float, str, bytes, bool, type(None)}
        file = io.BytesIO()
        torch.save(plain, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=True)
        assert loaded == plain
        assert to_plain(from_plain(loaded)) == plain


def test_nothing_but_the_random_generators_is_left_out(open_stream, corpus):
    state = states(open_stream, corpus, 0)
    assert from_plain(to_plain(state)) == state


@pytest.mark.parametrize("value", [None, -1, 3.5, float("nan"), 1 << 70, "x", [1], True, torch.ones(1)])
def test_no_other_kind_is_taken_for_a_count(value):
    plain = {"SliceState": {"index": 1, "current": 2}}
    assert to_plain(from_plain(plain)) == plain
    with pytest.raises(ValueError, match="current is "):
        from_plain({"SliceState": {"index": 1, "current": value}})


@pytest.mark.parametrize("value", [-1, 3.5, float("nan"), 1 << 70, torch.ones(1)])
def test_a_number_is_a_count_wherever_it_stands(value):
    with pytest.raises(ValueError, match="_pending_slice_indexes is "):
        from_plain({"FlexState": {"_pending_slice_indexes": [3, value]}})
