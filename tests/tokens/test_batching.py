import weakref

import pytest
import torch

from lfsc.shards.tar import Sample
from lfsc.tokens.batching import Clip, Coded, Failure, code_in_batches, plan_batches


@pytest.mark.parametrize("longest", [1, 10, 25, 1000])
def test_batches_hold_every_clip_once_and_keep_their_size(longest):
    lengths = dict(enumerate([5, 9, 1, 7, 7, 12, 3, 1]))
    found = list(plan_batches(lengths, longest))
    assert sorted(place for batch in found for place in batch) == list(lengths)
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= longest


def test_clips_are_coded_alone_in_the_memory_that_their_batch_could_not_have():
    """An error holds its traceback, and that every tensor of the functions that it went through."""
    activations = []

    def code(clips):
        held = torch.zeros(1)
        activations.append(weakref.ref(held))
        if len(clips) > 1 or clips[0].key == "b":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        assert activations[0]() is None
        return [Coded(Sample(clip.key, {}), 1, 1) for clip in clips]

    found = list(code_in_batches([Clip(key, {}, torch.zeros(9)) for key in "abc"], code, longest=30))
    assert [type(each) for each in found] == [Coded, Failure, Coded]
    assert found[1].reason.endswith("Tried to allocate 2.00 GiB): a smaller --chunk-seconds needs less")
