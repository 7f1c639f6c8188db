"""How many tokens were used, over a window of training."""

import types

import pytest
import torch

from lfsc.training.callbacks.codebook_usage import CodebookUsage
from lfsc.training.discriminator_warmup import DiscriminatorWarmup


@pytest.fixture
def module(make_codec):
    codec = make_codec(num_codebooks=2, levels=(4, 3)).train()
    return types.SimpleNamespace(
        codec=codec, device=torch.device("cpu"), updates=0, warmup=DiscriminatorWarmup(updates=0), measured={}
    )


@pytest.fixture
def trainer():
    return types.SimpleNamespace(is_global_zero=True)


def test_usage_over_a_window(module, trainer):
    use = CodebookUsage(window=3)
    use.on_train_start(trainer, module)
    seen = []
    for module.updates in (1, 2, 3):
        seen.append(module.codec(torch.randn(2, 1024)).tokens)
        use.on_train_batch_end(trainer, module)
    shares = [len(torch.cat(seen, dim=-1)[:, codebook].unique()) / 12 for codebook in range(2)]
    assert module.measured["codebook/usage"] == pytest.approx(sum(shares) / 2)
    assert module.measured["codebook/usage_min"] == pytest.approx(min(shares))
    assert int(use.counts.sum()) == 0, "the next window begins"


def test_validation_does_not_count(module, trainer):
    use = CodebookUsage(window=3)
    use.on_train_start(trainer, module)
    module.codec.eval()
    module.codec(torch.randn(2, 1024))
    assert int(use.counts.sum()) == 0


def test_latents_that_are_not_finite_have_no_tokens(module, trainer):
    use = CodebookUsage(window=3)
    use.on_train_start(trainer, module)
    audio = torch.randn(2, 1024)
    audio[0, 5] = float("nan")
    module.codec(audio)
    assert 0 < int(use.counts.sum()) < 2 * 2 * 1024 // module.codec.hop_length


def test_a_window_goes_on_after_a_resume(module, trainer):
    use, resumed = CodebookUsage(window=3), CodebookUsage(window=3)
    use.on_train_start(trainer, module)
    module.codec(torch.randn(2, 1024))
    resumed.load_state_dict(use.state_dict())
    use.on_train_end(trainer, module)
    resumed.on_train_start(trainer, module)
    assert torch.equal(resumed.counts, use.counts)
    module.codec(torch.randn(2, 1024))
    assert int(resumed.counts.sum()) == 2 * int(use.counts.sum())
