"""Parts of a training that somebody wrote beside a recipe: one of each kind that a recipe can name."""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
from lightning.pytorch import Callback
from lightning.pytorch.loggers import Logger
from torch import nn

from lfsc.data.filters import Filter
from lfsc.discriminators.ensemble import Discriminator, DiscriminatorOutput
from lfsc.models.quantizer import GroupedFSQ, Quantized


class EnvelopeLoss(nn.Module):
    """Mean distance of the envelopes, averages of |audio| over `window` samples."""

    def __init__(self, *, window: int):
        super().__init__()
        self.average = nn.AvgPool1d(window)

    def forward(self, fake, real):
        return (self.average(fake.abs()) - self.average(real.abs())).abs().mean()


class MultiScaleDiscriminator(nn.ModuleList):
    """One discriminator a scale, of audio averaged over so many samples (MelGAN, arXiv 1910.06711)."""

    def __init__(self, *, scales: list[int], channels: int):
        super().__init__(
            Discriminator(transform=nn.AvgPool1d(scale), network=ScaleNetwork(channels)) for scale in scales
        )


class ScaleNetwork(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv1d(1, channels, 15, stride=4, padding=7)
        self.score = nn.Conv1d(channels, 1, 3, padding=1)

    def forward(self, audio):
        features = torch.relu(self.conv(audio[:, None]))
        return DiscriminatorOutput(self.score(features), [features])


class LearnedCodebook(GroupedFSQ):
    """The nearest of learned codes for each group of channels, with a gradient straight through and one to the code."""

    def __init__(self, *, num_codebooks: int, levels: list[int]):
        super().__init__(num_codebooks=num_codebooks, levels=levels)
        self.codebooks = nn.Parameter(torch.randn(num_codebooks, self.codebook_size, len(levels)))

    def forward(self, latents):
        groups = self.grouped(latents).movedim(1, 0).transpose(2, 3)  # [C,B,F,d]
        tokens = torch.cdist(groups, self.codebooks[:, None]).argmin(-1)
        codes = torch.stack([book[indices] for book, indices in zip(self.codebooks, tokens, strict=True)])
        codes = (codes + groups - groups.detach()).transpose(2, 3).movedim(0, 1).flatten(1, 2)
        return Quantized(codes, tokens.movedim(0, 1))


class SignSGD(torch.optim.Optimizer):
    """Steps of one length, by the sign of the gradient."""

    def __init__(self, parameters, *, lr: float):
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter -= group["lr"] * parameter.grad.sign()


class InverseSquareRoot(torch.optim.lr_scheduler.LambdaLR):
    """lr / √(update + 1)."""

    def __init__(self, optimizer):
        super().__init__(optimizer, lambda update: (update + 1) ** -0.5)


class MetricNames(Callback):
    """Writes the names of all metrics to a file when the training ends; counts the updates, over resumes."""

    def __init__(self, *, file: str):
        self.file = Path(file)
        self.count = 0

    def on_train_batch_end(self, trainer, module, *_):
        self.count += 1

    def on_train_end(self, trainer, module):
        self.file.write_text(json.dumps({"count": self.count, "names": sorted(trainer.callback_metrics)}))

    def state_dict(self):
        return {"count": self.count}

    def load_state_dict(self, state_dict):
        self.count = state_dict["count"]


class JsonLines(Logger):
    """A line of JSON a row, in metrics.jsonl."""

    name, version = "json", ""

    def __init__(self, save_dir: str):
        super().__init__()
        self.path = Path(save_dir) / "metrics.jsonl"

    def log_hyperparams(self, *_, **__): ...

    def log_metrics(self, metrics, step=None):
        with self.path.open("a") as file:
            file.write(json.dumps({"update": step} | metrics) + "\n")


class LongClips(Filter):
    """Clips from `at_least` seconds on."""

    def __init__(self, *, at_least: float, **limits):
        super().__init__(**limits)
        self.at_least = at_least

    @property
    def needs_json(self):
        return True

    def accepts(self, fields):
        return fields["seconds"] >= self.at_least and super().accepts(fields)


class FilterBank(nn.Module):
    """Stands for a language model of speech: fixed random convolutions give hidden states [B,frames,D]."""

    def __init__(self, *, width: int, layers: int):
        super().__init__()
        self.config = SimpleNamespace(num_hidden_layers=layers, hidden_size=width)
        self.front = nn.Conv1d(1, width, 400, stride=320)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(layers))
        generator = torch.Generator().manual_seed(0)
        for parameter in self.parameters():
            parameter.data.copy_(0.1 * torch.randn(parameter.shape, generator=generator))

    def forward(self, audio, output_hidden_states):
        states = [self.front(audio[:, None])]
        for layer in self.layers:
            states.append(torch.relu(layer(states[-1])))
        return SimpleNamespace(hidden_states=[state.transpose(1, 2) for state in states])
