"""NeMo's in a comparison, run by NeMo's interpreter: `nemo_coder.py ARCHIVE PRECISION THREADS`."""

import sys

import torch
from contestant import serve
from nemo.collections.tts.models import AudioCodecModel

archive, precision, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
model = AudioCodecModel.restore_from(archive, map_location="cpu").eval()


def encode(audio):
    return model.encode(audio=audio, audio_len=torch.tensor([audio.shape[1]]))[0]


def decode(tokens):
    return model.decode(tokens=tokens, tokens_len=torch.tensor([tokens.shape[2]]))[0]


with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
    serve(encode, lambda tokens: decode(tokens).float())
