"""Updates on the device against the same ones on the CPU, which are in float32."""

import copy
from statistics import median

import torch
from report import Report
from stopwatch import CROP
from workload import DEVICE, DRY, full_size, module_of

from lfsc.training.freezing import frozen_parameters
from lfsc.training.module import CodecModule


def run(report: Report) -> None:
    # Of all layers and of their real shapes: a library that is wrong is so for some shapes alone.
    compare(report, "small", module_of("small"))
    compare(report, "nano_small", module_of("nano_small"))
    compare(report, "full size", full_size(report.out))


def compare(report: Report, recipe: str, module: CodecModule) -> None:
    audio = 0.1 * torch.randn(2, 4096 if DRY else CROP, generator=torch.Generator().manual_seed(1))
    expected, expected_gradients = one_update(module, audio, "32-true")
    for name, precision in (("float32", "32-true"), ("TF32", "32-true"), ("bf16", "bf16-mixed")):
        torch.backends.cudnn.allow_tf32 = name == "TF32"
        losses, gradients = one_update(module, audio.to(DEVICE), precision)
        worst = max(abs(losses[key] / value - 1) for key, value in expected.items())
        far = {key: float((gradients[key] - g).norm() / g.norm()) for key, g in expected_gradients.items() if g.any()}
        place = max(far, key=far.get)
        found = {"losses": worst, "gradients": far[place], "median": median(far.values())}
        report.say(
            f"{recipe}, {name} on {DEVICE}: losses within {worst:.1e}, gradients within {far[place]:.1e} ({place}), "
            f"half of them within {found['median']:.1e}",
            **{f"{recipe}, {name}": found},
        )
    torch.backends.cudnn.allow_tf32 = False


def one_update(module: CodecModule, audio: torch.Tensor, precision: str) -> tuple[dict, dict]:
    """Losses and gradients of both networks, neither of which steps."""
    module = copy.deepcopy(module).to(audio.device)
    with torch.autocast(audio.device.type, torch.bfloat16, enabled=precision == "bf16-mixed"):
        forward_pass = module.forward_pass(audio, trains_codec=True)
        losses = module.discriminator_losses(forward_pass)
        with frozen_parameters(module.discriminators):
            losses |= module.generator_losses(forward_pass)
    losses = {name: losses[name] for name in module.loss_weights}
    sum(module.loss_weights[name] * loss for name, loss in losses.items()).backward()
    gradients = {n: p.grad.cpu().double() for n, p in module.named_parameters() if p.grad is not None}
    return {name: float(loss) for name, loss in losses.items()}, gradients
