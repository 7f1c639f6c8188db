"""debug=overfit."""

from itertools import pairwise


def test_one_batch_is_learned_by_heart(micro, configure):
    config = configure("debug=overfit", "max_updates=30", "data.max_val_clips=0", "checkpoint_every=100")
    micro.train(config)
    losses = [float(row["train/mel"]) for row in micro.history(micro.run_of(config))]
    assert losses[-1] < 0.8 * losses[0]
    assert len(losses) == 30
    assert all(later < earlier for earlier, later in pairwise(losses[::10]))
