"""Run by NeMo's interpreter: what NeMo makes of archives. Usage: ask_nemo.py (ARCHIVE.nemo IN.npz OUT.npz)…

IN has `audio` [1,T]; OUT gets `tokens`, `decoded` (of those tokens), and `strict_missing` and `strict_unexpected`, the
tensors that a strict load would have complained of (NeMo itself never does).
"""

import sys

import numpy
import torch
from nemo.collections.tts.models import AudioCodecModel

complaints = {}
original = torch.nn.Module.load_state_dict


def recording(self, state_dict, *args, **kwargs):
    result = original(self, state_dict, *args, **kwargs)
    if isinstance(self, AudioCodecModel):
        complaints.update(missing=result.missing_keys, unexpected=result.unexpected_keys)
    return result


torch.nn.Module.load_state_dict = recording
given = iter(sys.argv[1:])
for archive, audio, out in zip(given, given, given, strict=True):
    model = AudioCodecModel.restore_from(archive, map_location="cpu").eval()
    audio = torch.from_numpy(numpy.load(audio)["audio"])
    with torch.no_grad():
        tokens, tokens_len = model.encode(audio=audio, audio_len=torch.tensor([audio.shape[1]]))
        decoded, _ = model.decode(tokens=tokens, tokens_len=tokens_len)
    numpy.savez(
        out,
        tokens=tokens.numpy(),
        decoded=decoded.numpy(),
        strict_missing=numpy.array(complaints["missing"], dtype=str),
        strict_unexpected=numpy.array(complaints["unexpected"], dtype=str),
    )
