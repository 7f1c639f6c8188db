import pytest

from lfsc.tokens.batching import plan_batches


@pytest.mark.parametrize("longest", [1, 10, 25, 1000])
def test_batches_hold_every_clip_once_and_keep_their_size(longest):
    lengths = dict(enumerate([5, 9, 1, 7, 7, 12, 3, 1]))
    found = list(plan_batches(lengths, longest))
    assert sorted(place for batch in found for place in batch) == list(lengths)
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= longest
