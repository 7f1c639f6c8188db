import torch

from lfsc.configs import build
from lfsc.models.data_dependent import initialise_on

CONVOLUTIONS = {"latent_dim": 8, "kernel_sizes": [3, 5], "in_kernel_size": 7, "out_kernel_size": 3}


def codec():
    torch.manual_seed(0)
    encoder = {"_target_": "lfsc.models.encoder.Encoder", "channels": 4, "rates": [2, 4], "dilations": [1]}
    decoder = {"_target_": "lfsc.models.decoder.Decoder", "channels": 16, "rates": [4, 2], "dilations": [1, 3]}
    quantizer = {"_target_": "lfsc.models.quantizer.GroupedFSQ", "num_codebooks": 2, "levels": [8, 7, 6, 6]}
    parts = {"encoder": encoder | CONVOLUTIONS, "quantizer": quantizer, "decoder": decoder | CONVOLUTIONS}
    return build({"_target_": "lfsc.models.codec.Codec", "sample_rate": 22050, **parts})


def test_latents_become_normal_and_tokens_spread():
    torch.manual_seed(1)
    audio = torch.randn(4, 4096) * torch.linspace(0, 0.3, 4096)
    net = codec()
    assert net.encode(audio).tokens.unique().numel() < 5
    initialise_on(net, audio)
    latents = net.encoder(audio)
    torch.testing.assert_close(latents.mean(dim=(0, 2)), torch.zeros(8), atol=1e-4, rtol=0)
    torch.testing.assert_close(latents.std(dim=(0, 2)), torch.ones(8), atol=1e-3, rtol=0)
    assert net.encode(audio).tokens.unique().numel() > 100


def test_it_leaves_no_hook_and_is_finite_on_silence():
    net = codec()
    initialise_on(net, torch.zeros(2, 1024))
    assert all(parameter.isfinite().all() for parameter in net.parameters())
    assert not any(part._forward_hooks for part in net.modules())
