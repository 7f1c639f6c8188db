"""What the device gives at most, and whether its convolutions are faster with channels last."""

import time

import torch
from machine import DTYPES, matrix_peak, name_of_machine
from report import Report
from timing import seconds_of
from workload import BATCH, DEVICE, DRY


def run(report: Report) -> None:
    # A CPU multiplies fp16 by detours, for minutes.
    precisions = ["32-true"] if DRY else DTYPES
    peaks = {precision: matrix_peak(precision) for precision in precisions}
    source = torch.randn(1 << (20 if DRY else 30), device=DEVICE)
    target = torch.empty_like(source)
    bandwidth = 2 * source.nbytes / seconds_of(target.copy_, source)
    few = source[:1024].clone()
    begin = time.perf_counter()
    for _ in range(1000):
        few.add_(1)
    issue = (time.perf_counter() - begin) / 1000
    products = ", ".join(f"{precision} {peak / 1e12:.2f}" for precision, peak in peaks.items())
    report.say(
        f"{name_of_machine()}; matrix product {products} TFLOP/s (TF32 for 32-true), copy {bandwidth / 1e12:.2f} TB/s, "
        f"{1e6 * issue:.1f} µs to issue an operation",
        peaks=peaks,
        bandwidth=bandwidth,
        issue=issue,
    )
    del source, target
    for channels, steps, kernel, dilation in ((128, 6144, 11, 1), (128, 6144, 11, 5), (256, 1536, 11, 1)):
        if DRY:
            channels, steps = channels // 16, steps // 32
        found = []
        for layout in ("first", "last"):
            for benchmark in (False, True):
                rate = convolution(channels, steps, kernel, dilation, layout, benchmark)
                found.append(f"{layout}{', benchmark' * benchmark} {rate:.2f}")
        what = f"convolution in bf16, {channels} channels, {steps} steps, kernel {kernel}, dilation {dilation}"
        report.say(f"{what}: TFLOP/s of all three products, channels {'; '.join(found)}")


def convolution(channels: int, steps: int, kernel: int, dilation: int, layout: str, benchmark: bool) -> float:
    """TFLOP/s of a convolution with its gradients, channels `first` or `last` in memory."""
    torch.backends.cudnn.benchmark = benchmark
    x = torch.randn(BATCH, channels, 1, steps, device=DEVICE, dtype=torch.bfloat16)
    weight = torch.randn(channels, channels, 1, kernel, device=DEVICE, dtype=torch.bfloat16)
    if layout == "last":
        x, weight = (tensor.to(memory_format=torch.channels_last) for tensor in (x, weight))
    x.requires_grad_(), weight.requires_grad_()

    def forward():
        return torch.nn.functional.conv2d(x, weight, dilation=(1, dilation))

    y = forward()
    gradient = torch.randn_like(y)
    seconds = seconds_of(lambda: torch.autograd.grad(forward(), (x, weight), gradient))
    torch.backends.cudnn.benchmark = False
    return 3 * 2 * y.numel() * channels * kernel / seconds / 1e12
