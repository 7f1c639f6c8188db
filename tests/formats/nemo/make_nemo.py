"""Run by NeMo's interpreter: archives of NeMo's own making. Usage: make_nemo.py FOLDER

For every NAME.json in FOLDER, a configuration of NeMo's, writes NAME.nemo with random weights, and NAME.npz with
`audio` [1,T], its `latents`, its `tokens` and what is `decoded` of them.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from nemo.collections.tts.models import AudioCodecModel
from omegaconf import OmegaConf

for path in sorted(Path(sys.argv[1]).glob("*.json")):
    torch.manual_seed(0)
    model = AudioCodecModel(cfg=OmegaConf.create(json.loads(path.read_text()))).eval()
    hop_length = model.samples_per_frame
    seconds = torch.arange(29 * hop_length + hop_length // 3) / model.sample_rate
    phase = 2 * torch.pi * (140 * seconds + 9 * torch.sin(5 * seconds))
    audio = 0.1 * sum(torch.sin(k * phase) / k for k in range(1, 12))[None] + 0.01 * torch.randn(1, len(seconds))
    length = torch.tensor([audio.shape[1]])
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("alpha"):
                parameter.uniform_(0.3, 3)
        # At initialisation all frames are alike: spread them over the levels.
        latents, _ = model.encode_audio(audio=audio, audio_len=length)
        conv = model.audio_encoder.post_conv.conv
        mean, deviation = latents.mean(dim=(0, 2)), latents.std(dim=(0, 2))
        conv.parametrizations.weight.original0.div_(deviation[:, None, None])
        conv.bias.copy_((conv.bias - mean) / deviation)
        latents, _ = model.encode_audio(audio=audio, audio_len=length)
        tokens, tokens_len = model.encode(audio=audio, audio_len=length)
        decoded, _ = model.decode(tokens=tokens, tokens_len=tokens_len)
    model.save_to(str(path.with_suffix(".nemo")))
    arrays = {"audio": audio, "latents": latents, "tokens": tokens, "decoded": decoded}
    numpy.savez(path.with_suffix(".npz"), **{name: tensor.numpy() for name, tensor in arrays.items()})
