"""One of two ranks that read a corpus together, as a script: FOLDER RENDEZVOUS RANK RESULTS."""

import sys
from pathlib import Path

import torch

from lfsc.data.blend import Blend
from lfsc.data.corpus import read_corpus
from lfsc.data.crops import Cropper
from lfsc.data.datasets import open_training
from lfsc.data.filters import Filter
from lfsc.data.skips import SkipWatch
from lfsc.data.stream import Ranks, TrainingStream
from lfsc.data.task_encoder import CropEncoder


def opened(path: str, rank: int) -> TrainingStream:
    encoder = CropEncoder(
        cropper=Cropper(sample_rate=22050, length=4096, min_duration=0.1),
        filter=Filter(languages=None, seconds=None, bandwidth=None),
        watch=SkipWatch(max_share=0.05),
        num_workers=1,
        seed=0,
    )
    return open_training(
        corpus=read_corpus(path, sample_rate=22050),
        encoder=encoder,
        blend=Blend(alpha=1.0, weights=None),
        batch_size=4,
        ranks=Ranks(rank, 2, 1),
        max_missing_fraction=0.0,
    ).stream


def main(path: str, rendezvous: str, rank: int, results: Path) -> None:
    """Seven batches, a saved state, seven more; then those again from the state."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2)
    stream = opened(path, rank)
    batches = iter(stream)
    for _ in range(7):
        next(batches)
    state = stream.gather_state()
    expected = [next(batches) for _ in range(7)]
    resumed = opened(path, rank)
    resumed.restore(state)
    again = iter(resumed)
    same = all(torch.equal(next(again).audio, batch.audio) for batch in expected)
    torch.save({"state": state, "same": same, "keys": [batch.keys for batch in expected]}, results / f"{rank}.pt")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
