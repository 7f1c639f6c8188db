"""Parts of the codec that stay as they are."""

import pytest
import torch

from lfsc.training.build import build_module
from lfsc.training.freezing import frozen_parameters


def test_a_frozen_encoder_gives_the_same_tokens_after_training(configure, micro):
    audio = 0.1 * torch.randn(2, 22050, generator=torch.Generator().manual_seed(0))
    config = configure("max_updates=3", "validate_every=3", "freeze=[encoder]")
    torch.manual_seed(config["seed"])
    before = build_module(config).codec
    trained = micro.train(config).codec
    assert torch.equal(trained.encode(audio).tokens, before.encode(audio).tokens)
    for name, weight in trained.encoder.state_dict().items():
        assert torch.equal(weight, before.encoder.state_dict()[name]), name
    weights = zip(trained.decoder.parameters(), before.decoder.parameters(), strict=True)
    assert not any(torch.equal(after, initial) for after, initial in weights)


@pytest.mark.parametrize(
    ("parts", "message"),
    [("[ear]", "parts that learn are encoder, decoder"), ("[encoder,decoder]", "leaves nothing to train")],
)
def test_what_cannot_be_frozen_is_said(configure, parts, message):
    with pytest.raises(ValueError, match=message):
        build_module(configure(f"freeze={parts}"))


def test_what_takes_no_gradient_for_good_takes_none_after_a_while_without():
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    network[0].requires_grad_(False)
    with frozen_parameters(network):
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert [parameter.requires_grad for parameter in network.parameters()] == [False, False, True, True]
