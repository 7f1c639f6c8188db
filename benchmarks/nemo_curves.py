"""NeMo's training for `benchmarks/curves.py`, run by NeMo's interpreter. Usage: nemo_curves.py FOLDER LOSS…

FOLDER has start.nemo and batches.npy [updates,B,T]; it gets end.nemo and losses.npy [updates,losses], NaN where NeMo
logs none in an update.
"""

import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy
import torch
from lightning.pytorch import Callback
from nemo.collections.tts.models import AudioCodecModel
from stopwatch import fit

folder, losses = Path(sys.argv[1]), sys.argv[2:]
rows = []


class Record(Callback):
    def on_train_batch_end(self, trainer, module, *_):
        logged = trainer.callback_metrics
        if not module.should_update_disc(len(rows)):
            logged = {**logged, "d_loss": numpy.nan}  # that of the update before
        rows.append([float(logged[name]) for name in losses])


torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
model = AudioCodecModel.restore_from(str(folder / "start.nemo"), map_location="cpu")
batches = torch.from_numpy(numpy.load(folder / "batches.npy"))
given = [{"audio": audio, "audio_lens": torch.full((len(audio),), audio.shape[1])} for audio in batches]
model._train_dl = given
fit(model.train(), given, callbacks=[Record()])
numpy.save(folder / "losses.npy", numpy.array(rows))
model.save_to(str(folder / "end.nemo"))
