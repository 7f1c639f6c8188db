"""NeMo 3.0's own training update: run by NeMo's interpreter for `benchmarks/update.py`.

Usage: nemo_update.py WAVLM_FOLDER BATCH UPDATES PRECISION. The discriminators' turn is in every second update, the
first one included.
"""

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from nemo.collections.tts.models import AudioCodecModel
from omegaconf import OmegaConf
from stopwatch import CROP, noise, timed_fit

MODULES = "nemo.collections.tts.modules."
# audio_codec_low_frame_rate_22050.yaml, what computes.
RECIPE = {
    "sample_rate": 22050,
    "samples_per_frame": 1024,
    "max_epochs": 1,
    "steps_per_epoch": 1000,
    "mel_loss_l1_scale": 1.0,
    "mel_loss_l2_scale": 0.0,
    "stft_loss_scale": 20.0,
    "time_domain_loss_scale": 0.0,
    "commit_loss_scale": 0.0,
    "disc_updates_per_period": 1,
    "disc_update_period": 2,
    "loss_resolutions": [[2**n, 2**n // 4, 2**n] for n in range(5, 12)],
    "mel_loss_dims": [5, 10, 20, 40, 80, 160, 320],
    "mel_loss_log_guard": 1.0,
    "stft_loss_log_guard": 1.0,
    "feature_loss_type": "absolute",
    "audio_encoder": {
        "_target_": MODULES + "audio_codec_modules.HiFiGANEncoder",
        "down_sample_rates": [2, 2, 4, 8, 8],
        "encoded_dim": 32,
        "base_channels": 48,
        "activation": "lrelu",
        "resblock_dilation_sizes": [1],
    },
    "audio_decoder": {
        "_target_": MODULES + "audio_codec_modules.HiFiGANDecoder",
        "up_sample_rates": [8, 8, 4, 2, 2],
        "input_dim": 32,
        "base_channels": 1024,
        "activation": "lrelu",
        "output_activation": "tanh",
    },
    "vector_quantizer": {
        "_target_": MODULES + "audio_codec_modules.GroupFiniteScalarQuantizer",
        "num_groups": 8,
        "num_levels_per_group": [8, 7, 6, 6],
    },
    "discriminator": {
        "_target_": MODULES + "audio_codec_modules.Discriminator",
        "discriminators": [
            {
                "_target_": MODULES + "encodec_modules.MultiResolutionDiscriminatorSTFT",
                "resolutions": [[2**n, 2**n // 4, 2**n] for n in range(7, 12)],
            },
            {"_target_": MODULES + "audio_codec_modules.MultiPeriodDiscriminator", "periods": [2, 3, 5, 7, 11]},
            {
                "_target_": MODULES + "audio_codec_modules.SLMDiscriminator",
                "slm_model_name": None,
                "slm_sr": 16000,
                "input_sr": 22050,
                "slm_hidden": 768,
                "slm_layers": 13,
                "initial_channel": 64,
                "use_spectral_norm": False,
            },
        ],
    },
    "generator_loss": {"_target_": "nemo.collections.tts.losses.audio_codec_loss.GeneratorSquaredLoss"},
    "discriminator_loss": {"_target_": "nemo.collections.tts.losses.audio_codec_loss.DiscriminatorSquaredLoss"},
    "optim": {
        "_target_": "torch.optim.Adam",
        "lr": 2e-4,
        "betas": [0.8, 0.99],
        "sched": {"name": "ExponentialLR", "gamma": 0.998},
    },
}


def main() -> None:
    wavlm, batch, updates, precision = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    RECIPE["discriminator"]["discriminators"][2]["slm_model_name"] = wavlm
    model = AudioCodecModel(cfg=OmegaConf.create(RECIPE))
    batches = [{"audio": audio, "audio_lens": torch.full((batch,), CROP)} for audio in noise(batch, updates)]
    model._train_dl = batches
    timed_fit(model, batches, precision=precision)


if __name__ == "__main__":
    main()
