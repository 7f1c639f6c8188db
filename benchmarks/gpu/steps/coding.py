"""Encoding and decoding, × real time, and how many tokens are the CPU's."""

import copy

import torch
from report import Report
from timing import seconds_of
from update import SAMPLE_RATE
from workload import DEVICE, DRY, full_size


def run(report: Report) -> None:
    codec = full_size(report.out).codec.eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(1)
    clip = 0.1 * torch.randn(1, SAMPLE_RATE * (1 if DRY else 5), generator=generator)
    on_cpu = codec.encode(clip).tokens
    for name, dtype in (("float32", torch.float32), ("TF32", torch.float32), ("bf16", torch.bfloat16)):
        torch.backends.cudnn.allow_tf32 = name == "TF32"
        there = copy.deepcopy(codec).to(DEVICE, dtype)
        found, speeds = [], {}
        for clips, seconds in ((1, 15), (16, 15)) if not DRY else ((1, 1),):
            audio = 0.1 * torch.randn(clips, seconds * SAMPLE_RATE, device=DEVICE)
            tokens = there.encode(audio)
            encode, decode = seconds_of(there.encode, audio, count=3), seconds_of(there.decode, *tokens, count=3)
            found.append(f"{clips} × {seconds} s {clips * seconds / encode:.0f} and {clips * seconds / decode:.0f}")
            speeds[f"{clips} × {seconds} s"] = {"encode": encode, "decode": decode}
        same = (there.encode(clip.to(DEVICE)).tokens.cpu() == on_cpu).double().mean()
        line = f"encode and decode in {name}, × real time: {'; '.join(found)}; {same:.3%} of the CPU's tokens"
        report.say(line, **{name: speeds | {"same": float(same)}})
    torch.backends.cudnn.allow_tf32 = False
