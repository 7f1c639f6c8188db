import pytest
import torch

from lfsc.models.decoder import Decoder

SHAPES = {
    "paper": {"channels": 32, "rates": [8, 8, 4, 2, 2], "kernel_sizes": [3, 7, 11], "dilations": [1, 3, 5]},
    "odd rates": {"channels": 8, "rates": [5, 3], "kernel_sizes": [3, 5], "dilations": [1, 2]},
    "one wide kernel": {"channels": 8, "rates": [2, 4], "kernel_sizes": [15], "dilations": [3]},
}


@pytest.fixture(params=SHAPES)
def decoder(request):
    torch.manual_seed(0)
    return Decoder(latent_dim=3, in_kernel_size=7, out_kernel_size=3, **SHAPES[request.param]).double()


def test_audio_has_one_hop_a_frame_and_stays_in_range(decoder):
    audio = decoder(100 * torch.randn(2, 3, 20).double())
    assert audio.shape == (2, 20 * decoder.hop_length)
    assert audio.abs().max() <= 1


def test_fewest_frames_that_run(decoder):
    decoder(torch.randn(1, 3, decoder.min_frames).double())
    with pytest.raises(RuntimeError, match="adding size"):
        decoder(torch.randn(1, 3, decoder.min_frames - 1).double())


@pytest.mark.parametrize("position", [0.0, 0.3, 1.0])
def test_a_sample_is_made_of_exactly_the_needed_frames(decoder, made_positive, position):
    made_positive(decoder)
    num_frames = 2 * decoder.receptive_frames(range(decoder.hop_length)).stop + 5
    sample = (num_frames // 2) * decoder.hop_length + int(position * (decoder.hop_length - 1))
    needs = decoder.receptive_frames(range(sample, sample + 1))
    assert 0 < needs.start < needs.stop < num_frames
    impulses = torch.zeros(4, 3, num_frames).double()
    for row, frame in enumerate((needs.start, needs.stop - 1, needs.start - 1, needs.stop)):
        impulses[row, :, frame] = 1e30
    heard = decoder(impulses)[:, sample] > 0
    assert heard.tolist() == [True, True, False, False]


def test_channels_that_cannot_be_halved_are_refused():
    with pytest.raises(ValueError, match="halved 2 times"):
        Decoder(latent_dim=3, in_kernel_size=7, out_kernel_size=3, **SHAPES["odd rates"] | {"channels": 3})


def test_channels_are_halved_and_rounded_down():
    decoder = Decoder(latent_dim=3, in_kernel_size=7, out_kernel_size=3, **SHAPES["odd rates"] | {"channels": 7})
    assert [upsample.out_channels for upsample in decoder.upsamples] == [3, 1]


@pytest.mark.parametrize("mode", ["zeros", "replicate"])
def test_one_frame_is_enough_where_nothing_is_reflected(mode):
    decoder = Decoder(latent_dim=3, in_kernel_size=7, out_kernel_size=3, **SHAPES["paper"], pad_mode=mode)
    assert decoder.min_frames == 1
    assert decoder(torch.randn(1, 3, 1)).shape == (1, 1024)


def test_the_output_may_be_clamped():
    decoder = Decoder(
        latent_dim=3, in_kernel_size=7, out_kernel_size=3, **SHAPES["odd rates"], output_activation="clamp"
    )
    audio = decoder(1000 * torch.randn(1, 3, 20))
    assert audio.abs().max() == 1


def test_the_waveform_is_float32_under_autocast():
    decoder = Decoder(latent_dim=3, in_kernel_size=7, out_kernel_size=3, **SHAPES["odd rates"])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        audio = decoder(torch.randn(1, 3, 20))
    assert audio.dtype == torch.float32
