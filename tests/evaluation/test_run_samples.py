"""What is said of a run's samples."""

import torch

from lfsc.audio import files
from lfsc.evaluation.run_samples import describe_samples
from lfsc.runs.directory import Run


def test_a_sample_that_cannot_be_compared_does_not_hide_the_others(tmp_path):
    run, noise = Run(tmp_path), 0.1 * torch.randn(2 * 22050, generator=torch.Generator().manual_seed(0))
    for place, frames in {"original": 22050, "update-00000002": 44100}.items():
        files.write(run.samples / place / "whole.wav", noise, sample_rate=22050)
        files.write(run.samples / place / "other_crop.wav", noise[:frames], sample_rate=22050)
        files.write(run.samples / place / f"{place}.wav", noise, sample_rate=22050)
    (said,) = describe_samples(run)
    assert said == "samples:     STOI 1.00, ESTOI 1.00 over 1 held-out clip: most words come through"
