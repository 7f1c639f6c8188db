"""One update on the device against the same one on the CPU, in float32."""

import copy

import torch
from report import Report
from workload import DEVICE, DRY, module_of

from lfsc.training.freezing import frozen_parameters
from lfsc.training.module import CodecModule


def run(report: Report) -> None:
    module = module_of("small")
    audio = 0.1 * torch.randn(2, 4096 if DRY else 16384, generator=torch.Generator().manual_seed(1))
    expected, expected_gradients = one_update(module, audio, "32-true")
    for name, precision in (("float32", "32-true"), ("TF32", "32-true"), ("bf16", "bf16-mixed")):
        torch.backends.cudnn.allow_tf32 = name == "TF32"
        losses, gradients = one_update(module, audio.to(DEVICE), precision)
        worst = max(abs(losses[key] / value - 1) for key, value in expected.items())
        far = {key: float((gradients[key] - g).norm() / g.norm()) for key, g in expected_gradients.items() if g.any()}
        place = max(far, key=far.get)
        line = f"{name} on {DEVICE}: losses within {worst:.1e}, gradients within {far[place]:.1e} ({place})"
        report.say(line, **{name: {"losses": worst, "gradients": far[place]}})
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
