"""The steps of `measure.py`, each a function: `steps.py STEP OUT`, which begins when a line comes.

DRY=1 takes the CPU and tiny sizes, CORPUS names speech to train on, NEMO a folder with NeMo's own files.
"""

import copy
import gc
import json
import logging
import os
import re
import subprocess
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import product
from pathlib import Path
from statistics import median

import torch
from lightning.pytorch import Callback
from machine import DTYPES, matrix_peak, name_of_machine
from stopwatch import fit, noise, peak_bytes, synchronize
from torch.profiler import ProfilerActivity, profile
from update import FULL_SIZE, GFLOP_A_CLIP, SAMPLE_RATE, write_wavlm

from lfsc.config.compose import compose
from lfsc.data.batch import Batch
from lfsc.distributed import single_process_environment
from lfsc.runs.metrics_rows import read_rows
from lfsc.training.build import build_module
from lfsc.training.compiling import compile_parts
from lfsc.training.cuda_graphs import REHEARSALS, CapturedUpdates, CudaRecorder
from lfsc.training.ddp import GanDDPStrategy
from lfsc.training.freezing import frozen_parameters
from lfsc.training.module import CodecModule
from lfsc.training.precision import build_scaler, precision_plugins, set_tf32

PROJECT = Path(__file__).resolve().parents[2]
DRY = os.environ.get("DRY") == "1"
DEVICE = "cpu" if DRY else "cuda"
BATCH, LARGE = (2, 4) if DRY else (16, 64)
# Updates that warm up, those that are timed one by one, and those that are timed in a row.
WARM, SINGLE, ROW = (2, 2, 2) if DRY else (4, 8, 12)
MICRO = PROJECT / "tests" / "training" / "micro.yaml"
# Of a run's metrics.csv, what the report repeats.
LOGGED = "^train/(mel|features|adversarial|discriminator)$|^val/(mel|si_sdr)$|^skipped/|^throughput/"
# Words in the names of kernels, by what they do; the first that fits counts.
KINDS = {
    "layout": "nchwtonhwc|nhwctonchw|transpose",
    "reflection": "reflection_pad",
    "fft": "fft",
    "optimizer": "adam|multi_tensor|lpnorm",
    "weight norm": "weight_norm",
    "attention": "flash|fmha|attention|softmax",
    "convolution, matrix product": "xmma|cutlass|cudnn|gemm|conv|wgrad|dgrad|fprop|sm80|sm90|wgmma|nvjet",
    "reduction": "reduce",
    "copy, cast": "copy|catarray|memcpy|memset",
    "elementwise": "elementwise|unrolled|vectorized|triton",
}


class Report:
    """Lines for people in report.txt, numbers in STEP.json; both are written as they come."""

    def __init__(self, step: str, out: Path):
        self.step, self.out, self.numbers = step, out, {}

    def say(self, line: str, **numbers) -> None:
        print(line, flush=True)
        with (self.out / "report.txt").open("a") as report:
            report.write(f"{self.step}: {line}\n")
        self.numbers |= numbers
        (self.out / f"{self.step}.json").write_text(json.dumps(self.numbers, indent=1))

    def of(self, step: str) -> dict:
        """The numbers of a step before this one, as far as it came."""
        path = self.out / f"{step}.json"
        return json.loads(path.read_text()) if path.exists() else {}


# ------------------------------------------------------------------------------------------------ what is measured


def module_of(recipe: str, *overrides: str) -> CodecModule:
    torch.manual_seed(0)
    tiny = ["trainer=cpu"] if DRY else []
    return build_module(compose(str(MICRO) if DRY else recipe, ["data.path=unused", *tiny, *overrides]))


def full_size(out: Path) -> CodecModule:
    """The paper's training, with a WavLM of random weights."""
    return module_of(FULL_SIZE, *([] if DRY else [f"slm.path={wavlm(out)}"]))


def wavlm(out: Path) -> str:
    """The folder of a WavLM of random weights."""
    folder = out / "wavlm"
    if not (folder / "config.json").exists():
        write_wavlm(str(folder))
    return str(folder)


class Clock(Callback):
    """Seconds of updates one by one, of the host alone and with the device, then of many in a row; after `warm`."""

    def __init__(self, warm: int):
        self.warm = warm
        self.count = warm + SINGLE + ROW
        self.host, self.whole, self.row = [], [], 0.0

    def on_train_batch_start(self, trainer, module, batch, number: int) -> None:
        if number == self.warm and not DRY:
            torch.cuda.reset_peak_memory_stats()
        if self.warm <= number <= self.warm + SINGLE:
            synchronize()
            self.begin = time.perf_counter()

    def on_train_batch_end(self, trainer, module, outputs, batch, number: int) -> None:
        if self.warm <= number < self.warm + SINGLE:
            self.host.append(time.perf_counter() - self.begin)
            synchronize()
            self.whole.append(time.perf_counter() - self.begin)
        if number == self.count - 1:
            synchronize()
            self.row = (time.perf_counter() - self.begin) / ROW


def train(module, *, batch: int, precision: str, count: int, callbacks: list, batch_of=None, **options) -> None:
    """Updates on noise, as `lfsc train` sets them up."""
    for optimizer in getattr(module, "gan_optimizers", {}).values():
        optimizer.scaler = build_scaler(precision)
        optimizer.skipped, optimizer.consecutive_skipped = torch.tensor(0), torch.tensor(0)
    module.updates = 0
    set_tf32(True, precision)
    batch_of = batch_of or (lambda audio: Batch(audio, [""] * len(audio), []))
    audio = noise(batch, 4)
    if DRY:
        audio = [clips[:, :4096] for clips in audio]
    batches = [batch_of(audio[number % len(audio)]) for number in range(count)]
    plugins = precision_plugins(precision)
    options = {"plugins": plugins, "precision": None if plugins else precision, "benchmark": False, **options}
    fit(module, batches, callbacks=callbacks, **options)


def measure(
    report: Report, name: str, module, *, batch: int, precision: str = "bf16-mixed", warm: int = WARM, **options
) -> dict:
    """A line of the report; nothing where the memory does not suffice or the precision is not for this device."""
    clock = Clock(warm)
    try:
        train(module, batch=batch, precision=precision, count=clock.count, callbacks=[clock], **options)
    except (RuntimeError, ValueError) as error:
        report.say(f"{name}, {precision}, batch {batch}: {type(error).__name__}: {str(error).splitlines()[0][:150]}")
        module.zero_grad(set_to_none=True)
        return {}
    finally:
        gc.collect()
        torch.cuda.empty_cache()
    both, alone, host = median(clock.whole[::2]), median(clock.whole[1::2]), median(clock.host)
    peak = report.of("machine").get("peaks", {}).get(precision)
    is_full = name.startswith("full size") and not DRY
    share = f", {GFLOP_A_CLIP * 1e9 * batch / clock.row / peak:.1%} of the matrix peak" if peak and is_full else ""
    skipped = sum(int(each.skipped) for each in getattr(module, "gan_optimizers", {}).values())
    found = {"both": both, "alone": alone, "row": clock.row, "host": host, "bytes": peak_bytes(), "skipped": skipped}
    row = f"{name}, {precision}, batch {batch}"
    report.say(
        f"{row}: both {1e3 * both:.1f} ms, generator alone {1e3 * alone:.1f} ms, in a row {1e3 * clock.row:.1f} ms, "
        f"host {1e3 * host:.1f} ms, {found['bytes'] / 1e9:.1f} GB{share}, {skipped} steps skipped",
        **{row: found},
    )
    return found


def measure_replayed(report: Report, name: str, module: CodecModule, *, batch: int) -> None:
    """The same with cuda_graphs=true."""
    module.run_update = CapturedUpdates(module, make_recorder=cpu_recorder() if DRY else CudaRecorder)
    try:
        measure(report, f"{name}, cuda_graphs=true", module, batch=batch, warm=2 * (REHEARSALS + 1))
    finally:
        module.run_update = module.train_networks


def cpu_recorder() -> Callable:
    """What stands in for the device in a dry run."""
    sys.path.insert(0, str(MICRO.parent))
    from replaying import CpuRecorder

    return CpuRecorder


def seconds_of(work: Callable, *arguments, count: int = 5) -> float:
    """Of a call, the median."""
    spent = []
    for _ in range(count + 2):
        synchronize()
        begin = time.perf_counter()
        work(*arguments)
        synchronize()
        spent.append(time.perf_counter() - begin)
    return median(spent[2:])


# -------------------------------------------------------------------------------------------------------- the steps


def machine(report: Report) -> None:
    """What the device gives at most, and whether its convolutions are faster with channels last."""
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
    told = ", ".join(f"{precision} {peak / 1e12:.2f}" for precision, peak in peaks.items())
    report.say(
        f"{name_of_machine()}; matrix product {told} TFLOP/s (TF32 for 32-true), copy {bandwidth / 1e12:.2f} TB/s, "
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


def tests(report: Report) -> None:
    """The project's tests that need a GPU; in a dry run some of the others."""
    # By file: the others may want packages that this machine lacks.
    marked = [str(path) for path in (PROJECT / "tests").rglob("test_*.py") if "mark.gpu" in path.read_text()]
    chosen = ["tests/nn"] if DRY else ["-m", "gpu", *marked]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    lines = result.stdout.strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "E  "))]
    report.say(f"exit {result.returncode}: {lines[-1] if lines else result.stderr[-300:]}", code=result.returncode)
    for line in failed[:20]:
        report.say(f"   {line[:200]}")


def updates(report: Report) -> None:
    """Updates in every precision and batch, where the host waits, and which kernels there are."""
    module = full_size(report.out)
    measure(report, "full size", module, batch=BATCH)
    measure(report, "full size", module, batch=LARGE)
    for batch in (BATCH, LARGE):
        measure_replayed(report, "full size", module, batch=batch)
    measure(report, "full size, the host's own time", module, batch=1)
    measure(report, "full size", module, batch=BATCH, precision="32-true")
    if not DRY:  # a CPU has no fp16
        measure(report, "full size", module, batch=BATCH, precision="16-mixed")
    kernels(report, module)
    waits(report, module)
    small = module_of("small")
    for batch in (BATCH // 2, LARGE):
        measure(report, "small", small, batch=batch)
        measure_replayed(report, "small", small, batch=batch)
    measure(report, "full size", module, batch=LARGE, precision="32-true")
    measure(report, "full size, deterministic", module, batch=BATCH, deterministic=True)
    torch.use_deterministic_algorithms(False)
    # Last: it tries every algorithm of some 1,200 convolutions.
    measure(report, "full size, cudnn benchmark", module, batch=BATCH, benchmark=True)


def kernels(report: Report, module: CodecModule) -> None:
    """The kernels of an update of each kind, by kind, and how busy the device is."""
    profiler = profile(activities=[ProfilerActivity.CPU, *([] if DRY else [ProfilerActivity.CUDA])], acc_events=True)

    class Traced(Callback):
        def on_train_batch_start(self, trainer, module, batch, number):
            if number == WARM:
                synchronize()
                profiler.start()
                self.begin = time.perf_counter()

        def on_train_batch_end(self, trainer, module, outputs, batch, number):
            if number == WARM + 1:
                synchronize()
                self.wall = time.perf_counter() - self.begin
                profiler.stop()

    traced = Traced()
    train(module, batch=BATCH, precision="bf16-mixed", count=WARM + 2, callbacks=[traced])
    found, device = defaultdict(lambda: [0, 0.0]), getattr(torch.autograd.DeviceType, DEVICE.upper())
    for event in profiler.events():
        # An annotation lasts from its first kernel to its last: with it they would count twice.
        if not event.is_user_annotation and event.device_type == device:
            spent = (event.self_cpu_time_total if DRY else event.self_device_time_total) / 1e6
            fitting = (kind for kind, words in KINDS.items() if re.search(words, event.name.lower()))
            kind = found[next(fitting, "other")]
            kind[0], kind[1] = kind[0] + 1, kind[1] + spent
    count, busy = sum(number for number, _ in found.values()), sum(spent for _, spent in found.values())
    report.say(
        f"kernels of an update of each kind, batch {BATCH}: {count}, {1e3 * busy:.1f} ms in {1e3 * traced.wall:.1f} ms",
        kernels=found,
    )
    for kind, (number, spent) in sorted(found.items(), key=lambda entry: -entry[1][1]):
        report.say(f"   {kind}: {number}, {1e3 * spent:.2f} ms, {spent / busy:.1%}")
    by_time = "self_cpu_time_total" if DRY else "self_device_time_total"
    table = profiler.key_averages().table(sort_by=by_time, row_limit=60, max_name_column_width=120)
    (report.out / "kernels.txt").write_text(table)


def waits(report: Report, module: CodecModule) -> None:
    """How often two updates wait for the device."""
    seen = Counter()

    class Watched(Callback):
        def on_train_batch_start(self, trainer, module, batch, number):
            if number == WARM and not DRY:
                torch.cuda.set_sync_debug_mode("warn")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, kind, file, line, *_: seen.update([f"{file}:{line} {str(message)[:60]}"])
        train(module, batch=BATCH, precision="bf16-mixed", count=WARM + 2, callbacks=[Watched()])
    if not DRY:
        torch.cuda.set_sync_debug_mode("default")
    found = {where.split("site-packages/")[-1]: count for where, count in seen.items() if "synchroniz" in where}
    report.say(f"waits for the device in two updates: {sum(found.values())} {found or ''}", waits=found)


def nemo(report: Report) -> None:
    """NeMo's own update, of its own files, and how many times its speed ours has."""
    import slim_nemo
    from omegaconf import OmegaConf

    model_class = slim_nemo.load(os.environ["NEMO"])
    from nemo_update import RECIPE

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


def compiled(report: Report) -> None:
    """compile=true and compile=all: graphs, the seconds that they take, and what they give."""
    backend = "eager" if DRY else "inductor"
    for parts in (True, "all"):
        torch.compiler.reset()
        torch._dynamo.utils.counters.clear()
        module = full_size(report.out)
        compile_parts(module, parts, backend=backend)
        begin = time.perf_counter()
        train(module, batch=BATCH, precision="bf16-mixed", count=2, callbacks=[])
        seconds, graphs = time.perf_counter() - begin, torch._dynamo.utils.counters["stats"]["unique_graphs"]
        name = f"compile={str(parts).lower()}"
        report.say(f"{name} by {backend}: {graphs} graphs, {seconds:.1f} s for two updates", **{name: seconds})
        for batch in (BATCH, LARGE):
            measure(report, f"full size, {name}", module, batch=batch)
            measure_replayed(report, f"full size, {name}", module, batch=batch)


def ddp(report: Report) -> None:
    """What DDP costs on one device, what it warns of, and two ranks by gloo on the CPU."""
    module = full_size(report.out)
    plain = measure(report, "full size, one device", module, batch=BATCH)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kind = "gloo" if DRY else "NCCL"
        wrapped = measure(report, f"full size, DDP by {kind}", module, batch=BATCH, strategy=GanDDPStrategy())
    for line in {str(warning.message).splitlines()[0][:200] for warning in caught}:
        if re.search("DDP|stream|stride", line):
            report.say(f"   warned: {line}")
    if plain and wrapped:
        report.say(f"DDP costs {1e3 * (wrapped['row'] - plain['row']):.1f} ms an update of one device")
    ranks = ["max_updates=4", "validate_every=4", "trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2"]
    run(report, "two ranks by gloo on the CPU", "gloo", MICRO, *ranks, CUDA_VISIBLE_DEVICES="")


def coding(report: Report) -> None:
    """Encoding and decoding, × real time, and how many tokens are the CPU's."""
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
        told = f"encode and decode in {name}, × real time: {'; '.join(found)}; {same:.3%} of the CPU's tokens"
        report.say(told, **{name: speeds | {"same": float(same)}})
    torch.backends.cudnn.allow_tf32 = False


def parity(report: Report) -> None:
    """One update on the device against the same one on the CPU, in float32."""
    module = module_of("small")
    audio = 0.1 * torch.randn(2, 4096 if DRY else 16384, generator=torch.Generator().manual_seed(1))
    expected, expected_gradients = one_update(module, audio, "32-true")
    for name, precision in (("float32", "32-true"), ("TF32", "32-true"), ("bf16", "bf16-mixed")):
        torch.backends.cudnn.allow_tf32 = name == "TF32"
        losses, gradients = one_update(module, audio.to(DEVICE), precision)
        worst = max(abs(losses[key] / value - 1) for key, value in expected.items())
        far = {key: float((gradients[key] - g).norm() / g.norm()) for key, g in expected_gradients.items() if g.any()}
        place = max(far, key=far.get)
        told = f"{name} on {DEVICE}: losses within {worst:.1e}, gradients within {far[place]:.1e} ({place})"
        report.say(told, **{name: {"losses": worst, "gradients": far[place]}})
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


def training(report: Report) -> None:
    """`small` from the command line, with loader, validation and checkpoints."""
    updates = 4 if DRY else 300
    settings = [f"max_updates={updates}", f"validate_every={updates // 2}", "data.max_val_clips=4"]
    if not DRY:
        settings += ["batch_size=32", "num_workers=8", "trainer.accelerator=gpu", "trainer.precision=bf16-mixed"]
    settings += ["batch_size=2", "trainer=cpu"] if DRY else []
    run(report, "lfsc train", "training", MICRO if DRY else "small", *settings)


def run(report: Report, what: str, name: str, recipe: Path | str, *settings: str, **environment: str) -> None:
    """A training from the command line, on the corpus or on noise: its exit status, its last line and its pace."""
    corpus = os.environ.get("CORPUS") or str(noise_corpus(report.out / "noise"))
    told = [f"data.path={corpus}", f"runs_root={report.out / 'runs'}", f"name={name}", *settings]
    begin = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-m", "lfsc", "train", str(recipe), *told],
        cwd=report.out,
        capture_output=True,
        text=True,
        env=single_process_environment() | {"OMP_NUM_THREADS": "2", **environment},
    )
    last = (result.stdout + result.stderr).strip().splitlines()[-1:]
    report.say(f"{what}: exit {result.returncode} in {time.perf_counter() - begin:.0f} s; {' '.join(last)[:200]}")
    if rows := read_rows(report.out / "runs" / name / "metrics.csv"):
        last_row = {key: float(value) for key, value in rows[-1].items() if value}
        chosen = {key: value for key, value in last_row.items() if re.search(LOGGED, key)}
        row = ", ".join(f"{key} {value:.4g}" for key, value in chosen.items())
        report.say(f"   in its last row: {row}", **{what: last_row})


def noise_corpus(folder: Path) -> Path:
    if not folder.exists():
        sys.path[:0] = [str(MICRO.parent), str(PROJECT / "tests" / "data")]
        import micro

        micro.write_noise(folder)
    return folder


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    for quiet in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(quiet).setLevel(logging.ERROR)
    step, out = sys.argv[1], Path(sys.argv[2]).resolve()
    sys.stdin.readline()
    report = Report(step, out)
    try:
        globals()[step](report)
    except Exception as error:
        report.say(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
        raise
