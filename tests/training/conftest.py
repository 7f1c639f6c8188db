"""Configurations and a run of theirs."""

import pytest
import torch

from lfsc.runs.directory import Run


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """As the forked processes that these tests start have: another number of threads adds in another order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def configure(micro, noise_corpus, tmp_path):
    """Configurations of runs in a folder of the test's own, with overrides."""
    return lambda *overrides: micro.configuration(noise_corpus, tmp_path / "runs", *overrides)


@pytest.fixture(scope="session")
def full_settings():
    """Overrides of a run in which everything that may be asked for happens."""
    steps = ("max_updates=12", "validate_every=6", "checkpoint_every=5", "log_every=1", "codebook_window=5")
    return (*steps, "ema_decay=0.9", "loss_gradients_every=4", "num_audio_samples=1", "num_micro_batches=2")


@pytest.fixture(scope="session")
def train_run(micro, noise_corpus, tmp_path_factory):
    """train_run(*overrides) is a run that nobody disturbed, in a folder of its own; nobody may change it."""

    def train(*overrides: str) -> Run:
        config = micro.configuration(noise_corpus, tmp_path_factory.mktemp("runs"), *overrides)
        micro.train(config)
        return micro.run_of(config)

    return train


@pytest.fixture(scope="session")
def finished(train_run, full_settings):
    """A run in which everything happened."""
    return train_run(*full_settings)
