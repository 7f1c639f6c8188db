import pytest
import torch

from lfsc.models.causal_encoder import CausalEncoder
from lfsc.models.encoder import Encoder

SHAPES = {
    "NanoCodec's": {"rates": [2, 3, 6, 7, 7], "kernel_sizes": [3, 7, 11], "dilations": [1, 3, 5]},
    "the paper's": {"rates": [2, 2, 4, 8, 8], "kernel_sizes": [3, 7, 11], "dilations": [1], "activation": "snake"},
    "one kernel": {"rates": [3, 4], "kernel_sizes": [15], "dilations": [3]},
}


@pytest.fixture(params=SHAPES)
def encoder(request):
    torch.manual_seed(0)
    shape = {"channels": 1, "latent_dim": 3, "in_kernel_size": 7, "out_kernel_size": 7, **SHAPES[request.param]}
    return CausalEncoder(**shape).double()


def test_a_future_sample_changes_no_earlier_frame(encoder):
    audio = torch.randn(2, 12 * encoder.hop_length).double()
    whole = encoder(audio)
    assert whole.shape == (2, 3, 12)
    for frames in (1, 2, 7):
        prefix = encoder(audio[:, : frames * encoder.hop_length])
        torch.testing.assert_close(prefix, whole[..., :frames], rtol=0, atol=1e-12)


def test_a_frame_is_made_of_its_own_samples_and_exactly_the_needed_ones_before(encoder, made_positive):
    made_positive(encoder)
    frames = -encoder.receptive_samples(range(1)).start // encoder.hop_length + 3
    needs = encoder.receptive_samples(range(frames - 2, frames - 1))
    assert needs.stop == (frames - 1) * encoder.hop_length
    impulses = torch.zeros(4, frames * encoder.hop_length).double()
    for row, sample in enumerate((needs.start, needs.stop - 1, needs.start - 1, needs.stop)):
        impulses[row, sample] = 1e30
    heard = encoder(impulses)[..., frames - 2].amax(dim=1) > 0
    assert heard.tolist() == [True, True, False, False]


def test_one_frame_is_enough(encoder):
    assert encoder.min_frames == 1


def test_weights_have_the_names_and_shapes_of_the_other_encoders(encoder):
    shape = {"channels": 1, "latent_dim": 3, "in_kernel_size": 7, "out_kernel_size": 7}
    usual = Encoder(**shape, **next(each for each in SHAPES.values() if tuple(each["rates"]) == encoder.rates))
    assert {k: v.shape for k, v in usual.state_dict().items()} == {k: v.shape for k, v in encoder.state_dict().items()}
