"""What NVIDIA NeMo computes of a narrow codec, written for the tests that compare with it. README.md says what is what.

Runs in an environment of its own, with neither GPU nor network; nothing of the project imports it:

    python3.11 -m venv nemo-env
    nemo-env/bin/pip install torch==2.11.0 torchaudio==2.11.0 'nemo_toolkit[tts]==3.0.0'
    nemo-env/bin/python tests/nemo_oracle/make.py tiny
    nemo-env/bin/python tests/nemo_oracle/make.py nano
    nemo-env/bin/python tests/nemo_oracle/make.py tiny --out elsewhere --rates 3 5 2 --seed 7

The first two write the folders beside this file again, the same to the byte on the same kind of machine.
"""

import argparse
import gzip
import io
import json
import math
import os
import tarfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy
import torch
from lightning.pytorch import Callback, Trainer
from nemo.collections.tts.models import AudioCodecModel
from omegaconf import OmegaConf
from torch import Tensor, nn
from transformers import WavLMConfig, WavLMModel

SHAPES = {
    # The Low Frame-rate Speech Codec, 48 channels in the paper.
    "tiny": {
        "channels": 2,
        "decoder_channels": 64,
        "codebooks": 8,
        "levels": [8, 7, 6, 6],
        "rates": [2, 2, 4, 8, 8],
        "encoder_dilations": [1],
        "clip_frames": 21,
        "crop_frames": 8,
        "loudness": 0.1,
        "seed": 0,
    },
    # NanoCodec at 0.6 kbps, 24 and 864 channels in NVIDIA's. Its last stage has 3 here: an odd number for half_snake.
    "nano": {
        "channels": 2,
        "decoder_channels": 96,
        "codebooks": 4,
        "levels": [9, 8, 8, 7],
        "rates": [2, 3, 6, 7, 7],
        "encoder_dilations": [1, 3, 5],
        "clip_frames": 15,
        "crop_frames": 4,
        # A few samples in a hundred are clamped.
        "loudness": 0.4,
        "seed": 0,
    },
}
BOTH = {"periods": [3], "sample_rate": 22050, "updates": 8}
NEMO = "nemo.collections.tts."
PARTS = NEMO + "modules.audio_codec_modules."
WINDOWS = [32, 64, 128, 256, 512, 1024, 2048]
# Latents lie at least this far from where their token changes: on another machine rounding moves them by a tenth of it,
# and neither the clip's tokens nor the course of the training may depend on that.
CLEAR = 1e-4


def main() -> None:
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    chance = numpy.random.default_rng(args.seed)
    write_wavlm(args.out / "wavlm")
    model = AudioCodecModel(cfg=OmegaConf.create(configuration(args))).eval()
    hop_length = model.samples_per_frame
    # Not a whole number of frames.
    clip_length = args.clip_frames * hop_length + hop_length // 3
    with torch.no_grad():
        fill(model)
        settle(model, voices(chance, 1, clip_length, args.sample_rate), loudness=args.loudness)
    clip = clear_voices(model, chance, 1, clip_length, args.sample_rate)
    write_archive(model, args.out / "codec.nemo")

    crop = args.crop_frames * hop_length
    scalars = {"sample_rate": args.sample_rate, "hop_length": hop_length, "crop": crop}
    scalars["args"] = {name: value for name, value in vars(args).items() if name != "out"}
    arrays = coding(model, clip)
    scalars["clip_frames"] = arrays["clip_tokens"].shape[2]
    scalars["clip_decoded_length"] = arrays["clip_decoded"].shape[1]
    real = voices(chance, 2, crop, args.sample_rate)
    fake = sixteenths(0.8 * real + 0.02 * torch.from_numpy(chance.standard_normal(real.shape)))
    for found, results in zip((arrays, scalars), judging(model, real, fake), strict=True):
        found |= results
    batch = (chance, 2, crop, args.sample_rate)
    arrays["train_batches"], scalars["trajectory"] = train(model, lambda: clear_voices(model, *batch), args.updates)
    arrays |= after_training(model, clip, arrays["clip_tokens"])

    numpy.savez_compressed(args.out / "reference.npz", **{name: array.numpy() for name, array in arrays.items()})
    (args.out / "reference.json").write_text(json.dumps(scalars, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, shape in SHAPES.items():
        one = kinds.add_parser(kind, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        one.add_argument("--out", type=Path, default=Path(__file__).with_name(kind))
        for name, value in (shape | BOTH).items():
            many = {"nargs": "+"} if isinstance(value, list) else {}
            kind_of = float if isinstance(value, float) else int
            one.add_argument(f"--{name.replace('_', '-')}", type=kind_of, default=value, **many)
    return parser.parse_args()


def configuration(args: argparse.Namespace) -> dict:
    """NeMo's own recipe of the codec (audio_codec_low_frame_rate_22050.yaml), narrowed."""
    latent_dim = args.codebooks * len(args.levels)
    encoder = {
        "_target_": PARTS + "HiFiGANEncoder",
        "encoded_dim": latent_dim,
        "down_sample_rates": args.rates,
        "base_channels": args.channels,
        "activation": "lrelu",
        "resblock_dilation_sizes": args.encoder_dilations,
    }
    decoder = {
        "_target_": PARTS + "HiFiGANDecoder",
        "input_dim": latent_dim,
        "up_sample_rates": args.rates[::-1],
        "base_channels": args.decoder_channels,
        "activation": "lrelu",
        "output_activation": "tanh",
    }
    period = {"_target_": PARTS + "MultiPeriodDiscriminator", "periods": args.periods}
    slm = {
        "_target_": PARTS + "SLMDiscriminator",
        "slm_model_name": str(args.out / "wavlm"),
        "slm_sr": 16000,
        "input_sr": args.sample_rate,
        "slm_hidden": 16,
        "slm_layers": 3,
        "initial_channel": 8,
        "use_spectral_norm": False,
    }
    if args.kind == "nano":
        encoder |= {"pad_mode": "replicate"}
        decoder |= {
            "_target_": PARTS + "CausalHiFiGANDecoder",
            "activation": "half_snake",
            "output_activation": "clamp",
            "pad_mode": "zeros",
            "n_groups_equal_to_out_channels": True,
            "resblock_dilation_sizes": [1, 3, 5],
        }
        edges = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0]
        bands = {
            "_target_": PARTS + "MultiResolutionDiscriminatorSTFT",
            "resolutions": [[512, 128, 512], [1024, 256, 1024]],
            "stft_bands": [list(band) for band in pairwise(edges)],
        }
        discriminators = [period, bands, slm]
    else:
        stft = {
            "_target_": NEMO + "modules.encodec_modules.MultiResolutionDiscriminatorSTFT",
            "resolutions": [[n, n // 4, n] for n in WINDOWS[2:]],
        }
        discriminators = [stft, period, slm]
    return {
        "sample_rate": args.sample_rate,
        "samples_per_frame": math.prod(args.rates),
        "audio_encoder": encoder,
        "vector_quantizer": {
            "_target_": PARTS + "GroupFiniteScalarQuantizer",
            "num_groups": args.codebooks,
            "num_levels_per_group": args.levels,
        },
        "audio_decoder": decoder,
        "discriminator": {"_target_": PARTS + "Discriminator", "discriminators": discriminators},
        "loss_resolutions": [[n, n // 4, n] for n in WINDOWS],
        "mel_loss_dims": [5 * n // 32 for n in WINDOWS],
        "mel_loss_log_guard": 1.0,
        "stft_loss_log_guard": 1.0,
        "feature_loss_type": "absolute",
        "mel_loss_l1_scale": 1.0,
        "mel_loss_l2_scale": 0.0,
        "stft_loss_scale": 20.0,
        "time_domain_loss_scale": 0.0,
        "commit_loss_scale": 0.0,
        "generator_loss": {"_target_": NEMO + "losses.audio_codec_loss.GeneratorSquaredLoss"},
        "discriminator_loss": {"_target_": NEMO + "losses.audio_codec_loss.DiscriminatorSquaredLoss"},
        "disc_updates_per_period": 1,
        "disc_update_period": 2,
        "max_epochs": 1,
        "steps_per_epoch": 1000,
        "optim": {
            "_target_": "torch.optim.Adam",
            "lr": 2e-4,
            "betas": [0.8, 0.99],
            "sched": {"name": "ExponentialLR", "gamma": 0.998},
        },
    }


def write_wavlm(folder: Path) -> None:
    small = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    positions = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4, "num_buckets": 32}
    config = WavLMConfig(**small, **positions, conv_dim=[16] * 7, max_bucket_distance=80, layerdrop=0.0)
    WavLMModel(config).save_pretrained(folder)


def voices(chance: numpy.random.Generator, count: int, length: int, sample_rate: int) -> Tensor:
    """Sounds [count, length] with a pitch that sways, loud and quiet in turn, and some breath."""
    seconds = numpy.arange(length) / sample_rate
    sounds = []
    for _ in range(count):
        base, sway, loud = chance.uniform(100, 180), chance.uniform(0, 6), chance.uniform(0, 6)
        pitch = base + 20 * numpy.sin(11 * seconds + sway)
        phase = 2 * numpy.pi * numpy.cumsum(pitch) / sample_rate
        tone = sum(numpy.sin(harmonic * phase) / harmonic for harmonic in range(1, 25))
        sounds.append(0.06 * tone * (1 + numpy.sin(20 * seconds + loud)) + 0.01 * chance.standard_normal(length))
    return sixteenths(torch.from_numpy(numpy.stack(sounds)))


def sixteenths(sound: Tensor) -> Tensor:
    """The sound in steps of 2⁻¹²: 16 of 16-bit audio's, so that it compresses."""
    return (sound * 4096).round().div(4096).float()


def fill(model: nn.Module) -> None:
    """Lays one short sequence through all normalised weights, end to end, so that the archive compresses.

    The discriminators have widths that NeMo fixes. The magnitudes stay what they are at initialisation; that the
    sequence's length is a prime lets it begin elsewhere in every tensor and every row.
    """
    sequence = torch.randn(4999)
    start = 0
    for name, parameter in model.named_parameters():
        if name.endswith("original1") and "slm_model" not in name:
            places = torch.arange(start, start + parameter.numel()) % len(sequence)
            # The larger a weight, the less an update turns it. With the codec's as they are at initialisation, another
            # machine's rounding would grow to a hundredth of a loss in eight updates.
            size = 0.02 if name.startswith("discriminator") else 1.0
            parameter.copy_(size * sequence[places].view_as(parameter))
            start += parameter.numel()
        elif name.endswith("alpha"):
            parameter.uniform_(0.5, 1.5)


def settle(model: nn.Module, clip: Tensor, *, loudness: float) -> None:
    """Scales every layer of the codec so that its output on the clip is centred and of about unit size.

    An untrained codec's latents are constants with a trace of signal, and its tokens the same everywhere. What the
    residual blocks add is kept small beside what passes them by: otherwise rounding grows a hundred thousand times in
    eight updates, and nothing could be compared after them.
    """
    encoder, decoder = model.audio_encoder, model.audio_decoder
    sizes = {decoder.post_conv.conv: loudness}
    last = (encoder.post_conv.conv, decoder.post_conv.conv)
    for name, module in [*encoder.named_modules(), *decoder.named_modules()]:
        if isinstance(module, nn.Conv1d | nn.ConvTranspose1d) and module not in sizes:
            sizes[module] = 0.5 if "input_conv" in name else 0.15 if "skip_conv" in name else 1.0

    def scale(conv: nn.Module, _, output: Tensor) -> Tensor:
        centre = output.mean(dim=(0, 2))
        centred = output - centre[:, None]
        # The norms of a transposed convolution's weights are those of its inputs, not of its outputs.
        transposed = isinstance(conv, nn.ConvTranspose1d)
        size = (centred.std() if transposed else centred.std(dim=(0, 2))) / sizes[conv]
        shift = torch.zeros_like(centre) if conv in last else 0.05 * torch.randn_like(centre)
        conv.parametrizations.weight.original0.div_(size if transposed else size[:, None, None])
        conv.bias.copy_((conv.bias - centre) / size + shift)
        return centred / (size if transposed else size[:, None]) + shift[:, None]

    hooks = [conv.register_forward_hook(scale) for conv in sizes]
    coding(model, clip)
    for hook in hooks:
        hook.remove()


def write_archive(model: AudioCodecModel, path: Path) -> None:
    """NeMo's archive, gzip-compressed as its older releases made them, without the date and without this folder."""
    slm = next(part for part in model._cfg.discriminator.discriminators if "slm_model_name" in part)
    slm.slm_model_name = "wavlm"
    model.save_to(str(path))
    undated = io.BytesIO()
    with tarfile.open(path) as theirs, tarfile.open(fileobj=undated, mode="w", format=theirs.format) as ours:
        for member in sorted(theirs, key=lambda member: member.name):
            # The headers say the date a second time.
            member.mtime, member.pax_headers = 0, {}
            ours.addfile(member, theirs.extractfile(member))
    path.write_bytes(gzip.compress(undated.getvalue(), 9, mtime=0))


@torch.no_grad()
def is_clear(model: AudioCodecModel, audio: Tensor) -> bool:
    """Whether all tokens of audio [B,T] stay what they are when every latent moves by `CLEAR`."""
    latents, latents_len = model.encode_audio(audio=audio, audio_len=torch.full((len(audio),), audio.shape[1]))
    encode = model.vector_quantizer.encode
    low, high = (encode(inputs=latents + distance, input_len=latents_len) for distance in (-CLEAR, CLEAR))
    return torch.equal(low, high)


def clear_voices(model: AudioCodecModel, *drawn) -> Tensor:
    """The first of the sounds drawn with these arguments of `voices` that is clear."""
    while not is_clear(model, sounds := voices(*drawn)):
        pass
    return sounds


@torch.no_grad()
def coding(model: AudioCodecModel, clip: Tensor) -> dict[str, Tensor]:
    clip_len = torch.tensor([clip.shape[1]])
    latents, _ = model.encode_audio(audio=clip, audio_len=clip_len)
    tokens, tokens_len = model.encode(audio=clip, audio_len=clip_len)
    dequantized = model.dequantize(tokens=tokens, tokens_len=tokens_len)
    decoded, _ = model.decode(tokens=tokens, tokens_len=tokens_len)
    results = {"latents": latents, "tokens": tokens, "dequantized": dequantized, "decoded": decoded}
    return {"clip": clip} | {f"clip_{name}": tensor for name, tensor in results.items()}


def judging(model: AudioCodecModel, real: Tensor, fake: Tensor) -> tuple[dict[str, Tensor], dict]:
    """Scores and gradients, and losses and the means of the features, of two batches [B,T]."""
    arrays = {"real": real, "fake": fake.clone()}
    fake.requires_grad_()
    scores_real, scores_fake, features_real, features_fake = model.discriminator(audio_real=real, audio_gen=fake)
    for i, (score_real, score_fake) in enumerate(zip(scores_real, scores_fake, strict=True)):
        arrays |= {f"score_real_{i}": score_real.detach(), f"score_fake_{i}": score_fake.detach()}
    sounds = {"audio_real": real, "audio_gen": fake, "audio_len": torch.full((len(real),), real.shape[1])}
    mel, mel_l2 = model.mel_loss_fn(**sounds)
    losses = {
        "discriminator": model.disc_loss_fn(disc_scores_real=scores_real, disc_scores_gen=scores_fake),
        "adversarial": model.gen_loss_fn(disc_scores_gen=scores_fake),
        "features": model.feature_loss_fn(fmaps_real=features_real, fmaps_gen=features_fake),
        "stft": model.stft_loss_fn(**sounds),
        "waveform": model.time_domain_loss_fn(**sounds),
        "si_sdr": -model.si_sdr_loss_fn(**sounds),
        "mel": mel,
        "mel_l2": mel_l2,
    }
    for name in ("mel", "stft", "adversarial", "features"):
        (arrays[f"gradient_{name}"],) = torch.autograd.grad(losses[name], fake, retain_graph=True)
    means = [[feature.double().mean().item() for feature in features] for features in features_real]
    return arrays, {"losses": {name: loss.item() for name, loss in losses.items()}, "feature_means_real": means}


def train(model: AudioCodecModel, draw: Callable[[], Tensor], updates: int) -> tuple[Tensor, list[dict[str, float]]]:
    """The batches [updates,B,T] that NeMo's own training sees, drawn one after the other, and what it logs of each."""
    batches, logged = [], []

    class Record(Callback):
        def on_train_batch_start(self, trainer, module, batch, index):
            # Only now are the weights known for which its tokens must be clear.
            batches.append(batch["audio"].copy_(draw()).clone())

        def on_train_batch_end(self, trainer, *_):
            losses = {name: value.item() for name, value in trainer.callback_metrics.items() if "loss" in name}
            if not model.should_update_disc(len(logged)):
                # That of the update before.
                losses.pop("d_loss", None)
            logged.append(losses)

    empty = torch.zeros_like(draw())
    places = [{"audio": empty.clone(), "audio_lens": torch.full((len(empty),), empty.shape[1])} for _ in range(updates)]
    loader = torch.utils.data.DataLoader(places, batch_size=None)
    model._train_dl = loader
    model.train()
    # As NeMo loads it: the frozen WavLM drops nothing.
    model.discriminator.discriminators[-1].slm_model.eval()
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = Trainer(max_epochs=1, accelerator="cpu", enable_model_summary=False, callbacks=[Record()], **quiet)
    trainer.fit(model, loader)
    return torch.stack(batches), logged


@torch.no_grad()
def after_training(model: AudioCodecModel, clip: Tensor, tokens: Tensor) -> dict[str, Tensor]:
    """The clip's latents, and the audio of the tokens that it had before."""
    model.eval()
    latents, tokens_len = model.encode_audio(audio=clip, audio_len=torch.tensor([clip.shape[1]]))
    decoded, _ = model.decode(tokens=tokens, tokens_len=tokens_len)
    return {"clip_latents_after_training": latents, "clip_decoded_after_training": decoded}


if __name__ == "__main__":
    main()
