"""Two processes on a CPU: the same networks on each, and the update of one process that has both batches."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from lightning import Callback, Trainer
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.utils.data import DataLoader

from lfsc.data.batch import Batch
from lfsc.training import ddp
from lfsc.training.build import build_module
from lfsc.training.ddp import GanDDPStrategy

UPDATES = 20


def joined_batches(updates=UPDATES):
    generator = torch.Generator().manual_seed(0)
    return [0.1 * torch.randn(4, 4096, generator=generator) for _ in range(updates)]


class Watch(Callback):
    """Keeps what each backward left as gradients, and how many bytes DDP sent in it."""

    def __init__(self):
        self.backward = []
        self.bytes = 0

    def on_fit_start(self, trainer, module):
        for wrapper in getattr(trainer.strategy, "wrapped", {}).values():
            wrapper.register_comm_hook(None, self.sent)
        self.original = module.manual_backward
        module.manual_backward = lambda loss: self.watched(module, loss)

    def sent(self, _, bucket):
        self.bytes += bucket.buffer().nbytes
        return allreduce_hook(None, bucket)

    def watched(self, module, loss):
        self.original(loss)
        gradients = {name: gradient_of(network) for name, network in module.networks.items()}
        self.backward.append({"network": module.completing, "bytes": self.bytes, **gradients})
        self.bytes = 0


def gradient_of(network):
    found = [parameter.grad.flatten().clone() for parameter in network.parameters() if parameter.grad is not None]
    return torch.cat(found) if found else None


def fit(config, batches, **flags):
    torch.manual_seed(0)
    module, watch = build_module(config), Watch()
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = Trainer(
        max_epochs=1, accelerator="cpu", callbacks=[watch], use_distributed_sampler=False, **quiet, **flags
    )
    # oneDNN adds up the gradient of a bias one by one, to 1e-4 of it in a batch of these; torch itself does better.
    with torch.backends.mkldnn.flags(enabled=False):
        trainer.fit(module, DataLoader([Batch(audio, ["a"], []) for audio in batches], batch_size=None))
    return {"weights": module.state_dict(), "backward": watch.backward}


def fit_rank(rank, config, folder, updates):
    batches = [audio[2 * rank : 2 * rank + 2] for audio in joined_batches(updates)]
    torch.save(fit(config, batches, devices=2, strategy=GanDDPStrategy()), folder / f"{rank}.pt")


def two_ranks(micro, config, folder, *, updates=UPDATES):
    processes = micro.started_ranks(2, fit_rank, config, folder, updates)
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.fixture(scope="module")
def config(micro, noise_corpus, tmp_path_factory):
    return micro.configuration(noise_corpus, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def ranks(micro, config, tmp_path_factory):
    return two_ranks(micro, config, tmp_path_factory.mktemp("ranks"))


@pytest.fixture(scope="module")
def still(config):
    """The same with learning rates of 0: Adam would make whole steps of differences in the last bits."""
    optimizers = {name: settings | {"lr": 0.0} for name, settings in config["optimizers"].items()}
    return config | {"optimizers": optimizers}


@pytest.fixture(scope="module")
def still_ranks(micro, still, tmp_path_factory):
    return two_ranks(micro, still, tmp_path_factory.mktemp("still"), updates=2)


def test_both_ranks_have_the_same_weights_to_the_last_bit(micro, ranks):
    assert micro.differences(ranks[0]["weights"], ranks[1]["weights"]) == []


def test_the_gradients_are_those_of_one_process_with_both_batches(still, still_ranks):
    alone = fit(still, joined_batches(2))
    assert [backward["network"] for backward in alone["backward"]] == ["discriminators", "generator", "generator"]
    for ours, theirs in zip(still_ranks[0]["backward"], alone["backward"], strict=True):
        network = theirs["network"]
        assert (ours[network] - theirs[network]).norm() / theirs[network].norm() < 1e-5


def test_the_weights_become_those_of_one_process_with_both_batches(config, ranks):
    alone = fit(config, joined_batches())
    assert len(alone["backward"]) == len(ranks[0]["backward"]) == UPDATES + UPDATES // 2
    for name, value in alone["weights"].items():
        torch.testing.assert_close(ranks[0]["weights"][name], value, rtol=1e-3, atol=1e-4)


def test_a_backward_sends_the_gradients_of_one_network_alone(config, ranks):
    sizes = {name: 4 * sum(p.numel() for p in net.parameters()) for name, net in build_module(config).networks.items()}
    for backward in ranks[0]["backward"]:
        assert backward["bytes"] == sizes[backward["network"]]


def test_micro_batches_are_reduced_once(micro, still, still_ranks, tmp_path):
    split = two_ranks(micro, still | {"num_micro_batches": 2}, tmp_path, updates=2)
    assert micro.differences(split[0]["weights"], split[1]["weights"]) == []
    first, last = split[0]["backward"][::2], split[0]["backward"][1::2]
    assert [backward["bytes"] for backward in first] == [0, 0, 0], "they only add to the gradients"
    assert [backward["bytes"] for backward in last] == [backward["bytes"] for backward in still_ranks[0]["backward"]]
    for ours, theirs in zip(last, still_ranks[0]["backward"], strict=True):
        network = theirs["network"]
        assert (ours[network] - theirs[network]).norm() / theirs[network].norm() < 1e-5


def test_a_warmup_reduces_the_discriminators_alone(micro, still, tmp_path):
    warming = still | {"discriminators": still["discriminators"] | {"warmup_updates": 2}}
    ranks, alone = two_ranks(micro, warming, tmp_path, updates=3), fit(warming, joined_batches(3))
    assert [backward["network"] for backward in alone["backward"]] == ["discriminators"] * 3 + ["generator"]
    for ours, theirs in zip(ranks[0]["backward"], alone["backward"], strict=True):
        network = theirs["network"]
        assert (ours[network] - theirs[network]).norm() / theirs[network].norm() < 1e-5


def test_on_a_gpu_the_networks_are_wrapped_on_the_current_stream(monkeypatch):
    """On another, gradients would be added up on a stream that is not backward's, which torch warns of."""
    wrapped, strategy = [], GanDDPStrategy()
    networks = {"generator": torch.nn.Linear(1, 1), "discriminators": torch.nn.Linear(1, 1)}

    def refuse(*_):
        raise AssertionError("another stream")

    monkeypatch.setattr(torch.cuda, "stream", refuse)
    monkeypatch.setattr(torch.cuda, "Stream", refuse)
    monkeypatch.setattr(GanDDPStrategy, "root_device", torch.device("cuda", 3))
    monkeypatch.setattr(GanDDPStrategy, "codec_module", SimpleNamespace(networks=networks))
    monkeypatch.setattr(ddp, "DistributedDataParallel", lambda network, **options: wrapped.append((network, options)))
    strategy.configure_ddp()
    assert [network for network, _ in wrapped] == list(networks.values())
    assert all(options["device_ids"] == [3] and options["gradient_as_bucket_view"] for _, options in wrapped)


@pytest.fixture
def at_once(monkeypatch):
    """Nothing is waited for, and the end of the process is an error."""

    def end(code):
        raise SystemExit(code)

    monkeypatch.setattr(ddp, "SECONDS", 0)
    monkeypatch.setattr(ddp, "SECONDS_TO_HEAR", 0)
    monkeypatch.setattr(ddp.os, "_exit", end)


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("exit 3", "with exit status 3"),
        ("kill -9 $$", "by signal 9 (Killed)"),
        ("kill -11 $$", "by signal 11 (Segmentation fault)"),
        ("kill -40 $$", "by signal 40 (Real-time signal 6)"),
    ],
)
def test_a_rank_that_died_ends_the_others_with_a_line(script, how, at_once, capsys):
    scripts = ("exec sleep 60", "exit 75", script)
    waiting, interrupted, dying = (subprocess.Popen(["sh", "-c", each]) for each in scripts)
    interrupted.wait()
    with pytest.raises(SystemExit):
        ddp.end_with_others([waiting, interrupted, dying])
    assert (
        capsys.readouterr().err == f"lfsc train: rank 3 died, {how}; `lfsc resume` resumes from the last checkpoint\n"
    )
    assert waiting.wait() == -9


def test_ranks_that_end_well_or_by_an_interruption_leave_the_first_its_time(at_once):
    """It may have to wait for W&B, and Lightning's observer would kill it for the status 75."""
    strategy, processes = GanDDPStrategy(), [subprocess.Popen(["sh", "-c", f"exit {code}"]) for code in (0, 75)]
    watched = [*processes]
    strategy._launcher = SimpleNamespace(procs=watched)
    strategy.watch_started()
    assert watched == [] and strategy.started == processes
    ddp.end_with_others(processes)


@pytest.mark.gpu
def test_checkpoints_are_written_under_nccl(micro, config, tmp_path):
    """NCCL reduces what lies on a GPU alone, unlike the gloo of the other tests."""
    reported = [f"data.path={config['data']['path']}", f"runs_root={tmp_path}", "name=nccl", "max_updates=4"]
    ddp = ["trainer=ddp", "trainer.accelerator=gpu", "trainer.devices=1", "checkpoint_every=2"]
    command = [sys.executable, "-m", "lfsc", "train", str(micro.RECIPE), *reported, *ddp]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    assert (tmp_path / "nccl" / "checkpoints" / "update-00000004.ckpt").exists()
