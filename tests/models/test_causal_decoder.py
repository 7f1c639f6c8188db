import pytest
import torch

from lfsc.models.causal_decoder import CausalDecoder

SHAPES = {
    "NanoCodec's": {
        "channels": 96,
        "rates": [7, 7, 6, 3, 2],
        "kernel_sizes": [3, 7, 11],
        "dilations": [1, 3, 5],
        "activation": "half_snake",
        "output_activation": "clamp",
        "grouped_upsampling": True,
    },
    "rounded down": {"channels": 9, "rates": [5, 3], "kernel_sizes": [3, 5], "dilations": [1, 2]},
    "one kernel": {"channels": 8, "rates": [2, 4], "kernel_sizes": [15], "dilations": [3], "activation": "snake"},
}


@pytest.fixture(params=SHAPES)
def decoder(request):
    torch.manual_seed(0)
    return CausalDecoder(latent_dim=3, in_kernel_size=7, out_kernel_size=3, **SHAPES[request.param]).double()


def test_a_future_frame_changes_no_earlier_sample(decoder):
    latents = torch.randn(2, 3, 12).double()
    whole = decoder(latents)
    assert whole.shape == (2, 12 * decoder.hop_length)
    for frames in (1, 2, 7):
        prefix = decoder(latents[..., :frames])
        torch.testing.assert_close(prefix, whole[:, : prefix.shape[-1]], rtol=0, atol=1e-12)


def test_a_sample_is_made_of_exactly_the_needed_frames(decoder, made_positive):
    made_positive(decoder)
    reach = -decoder.receptive_frames(range(1)).start
    num_frames = reach + 5
    for place in (0, decoder.hop_length - 1):
        sample = (num_frames - 2) * decoder.hop_length + place
        needs = decoder.receptive_frames(range(sample, sample + 1))
        assert needs.stop == num_frames - 1, "its own frame and none behind it"
        impulses = torch.zeros(4, 3, num_frames).double()
        for row, frame in enumerate((needs.start, needs.stop - 1, needs.start - 1, needs.stop)):
            impulses[row, :, frame] = 1e-6
        assert (decoder(impulses)[:, sample] > 0).tolist() == [True, True, False, False]


def test_one_frame_is_enough(decoder):
    assert decoder.min_frames == 1


@pytest.mark.parametrize("channels", [48, 72, 33])
def test_channels_that_grouped_upsampling_cannot_halve_are_refused(channels):
    shape = SHAPES["NanoCodec's"] | {"channels": channels}
    with pytest.raises(ValueError, match=f"channels is {channels}: expected a multiple of 32, .* each of 5 rates"):
        CausalDecoder(latent_dim=3, in_kernel_size=7, out_kernel_size=3, **shape)
