"""NeMo's own update, of its own files, and how many times its speed ours has."""

import copy
import os
from itertools import product

import slim_nemo
import torch
from omegaconf import OmegaConf
from report import Report
from timing import measure
from workload import BATCH, DRY, LARGE, ROW, SINGLE, WARM, wavlm


def run(report: Report) -> None:
    model_class = slim_nemo.load(os.environ["NEMO"])
    from nemo_update import RECIPE  # imports NeMo

    recipe = copy.deepcopy(RECIPE)
    recipe["discriminator"]["discriminators"][2]["slm_model_name"] = wavlm(report.out)
    if DRY:
        recipe["audio_encoder"]["base_channels"], recipe["audio_decoder"]["base_channels"] = 4, 64
    model = model_class(cfg=OmegaConf.create(recipe))
    model._train_dl = list(range(WARM + SINGLE + ROW))

    def batch_of(audio: torch.Tensor) -> dict:
        return {"audio": audio, "audio_lens": torch.full((len(audio),), audio.shape[1])}

    for batch, precision in product((LARGE, BATCH)[DRY:], ("bf16-mixed", "32-true")):
        theirs = measure(report, "NeMo 3.0", model, batch=batch, precision=precision, batch_of=batch_of)
        for ours in ("bf16-mixed", "32-true"):
            row = report.of("updates").get(f"full size, {ours}, batch {batch}")
            if theirs and row:
                report.say(f"lfsc in {ours} has {theirs['row'] / row['row']:.2f} times the speed of this")
