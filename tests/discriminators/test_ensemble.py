import pytest
import torch
from torch import nn

from lfsc.discriminators.ensemble import Discriminator, DiscriminatorOutput, Ensemble
from lfsc.discriminators.period import FoldByPeriod, MultiPeriodDiscriminator


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return DiscriminatorOutput(x * self.weight, [x])


@pytest.fixture
def ensemble():
    return Ensemble(
        a=nn.ModuleList([Discriminator(transform=FoldByPeriod(period=2), network=Network()) for _ in range(2)])
    )


def test_inputs_of_real_have_no_graph_and_inputs_of_fake_have_one(ensemble):
    fake = torch.randn(1, 8, requires_grad=True)
    inputs = ensemble.transform(torch.randn(1, 8, requires_grad=True), fake)
    assert not any(each.requires_grad for each in inputs.real)
    assert all(each.requires_grad for each in inputs.fake)
    assert not any(each.requires_grad for each in inputs.detach().fake)


def test_members_keep_their_order_and_names(ensemble):
    assert ensemble.names == ["a_0", "a_1"]
    assert len(ensemble([torch.ones(1), torch.ones(1)])) == 2


def test_an_ensemble_of_none_is_refused():
    with pytest.raises(ValueError, match="no discriminator"):
        Ensemble()


@pytest.mark.parametrize("period", [2, 3, 5, 7])
def test_folding_puts_every_pth_sample_in_a_column(period):
    audio = torch.arange(21.0)[None]
    folded = FoldByPeriod(period=period)(audio)
    assert torch.equal(folded.flatten()[:21], audio[0])
    # What fills the last row is the end, reflected.
    missing = -21 % period
    assert torch.equal(folded.flatten()[21:], audio[0, 20 - missing : 20].flip(0))


def test_a_period_scores_its_columns_apart():
    member = MultiPeriodDiscriminator(periods=[3], channels=[2, 2], kernel_size=5, stride=3)[0]
    audio = torch.randn(1, 90)
    changed = audio.clone()
    changed[0, 1::3] += 1
    before, after = (member.network(member.transform(clip)).score for clip in (audio, changed))
    assert torch.equal(before[:, [0, 2]], after[:, [0, 2]])
    assert not torch.equal(before[:, 1], after[:, 1])


@pytest.mark.parametrize("family", [nn.ModuleList([Network()]), Network(), "a"])
def test_a_family_of_something_else_is_refused_by_name(family):
    with pytest.raises(ValueError, match=r"^discriminators\.mine is a \w+: expected a torch\.nn\.ModuleList of lfsc"):
        Ensemble(mine=family)
