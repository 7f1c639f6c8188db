import pytest
import torch

from lfsc.models.encoder import Encoder

SHAPES = {
    "paper": {"rates": [2, 2, 4, 8, 8], "kernel_sizes": [3, 7, 11], "dilations": [1]},
    "odd rates": {"rates": [3, 5], "kernel_sizes": [3, 5], "dilations": [1, 2]},
    "one wide kernel": {"rates": [4, 2], "kernel_sizes": [15], "dilations": [3]},
}


@pytest.fixture(params=SHAPES)
def encoder(request):
    torch.manual_seed(0)
    shape = {"channels": 1, "latent_dim": 3, "in_kernel_size": 7, "out_kernel_size": 7, **SHAPES[request.param]}
    return Encoder(**shape).double()


def test_latents_have_one_frame_a_hop(encoder):
    assert encoder(torch.randn(2, 20 * encoder.hop_length).double()).shape == (2, 3, 20)


def test_fewest_frames_that_run(encoder):
    encoder(torch.randn(1, encoder.min_frames * encoder.hop_length).double())
    with pytest.raises(RuntimeError, match="adding size"):
        encoder(torch.randn(1, (encoder.min_frames - 1) * encoder.hop_length).double())


def test_a_frame_is_made_of_exactly_the_needed_samples(encoder, made_positive):
    made_positive(encoder)
    num_frames = 2 * max(1, encoder.receptive_samples(range(1)).stop // encoder.hop_length) + 5
    frame = num_frames // 2
    needs = encoder.receptive_samples(range(frame, frame + 1))
    assert 0 < needs.start < needs.stop < num_frames * encoder.hop_length
    impulses = torch.zeros(4, num_frames * encoder.hop_length).double()
    for row, sample in enumerate((needs.start, needs.stop - 1, needs.start - 1, needs.stop)):
        impulses[row, sample] = 1e30
    heard = encoder(impulses)[..., frame].amax(dim=1) > 0
    assert heard.tolist() == [True, True, False, False]
