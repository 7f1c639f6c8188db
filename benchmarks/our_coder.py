"""Ours in a comparison, as the commands run it: `our_coder.py CODEC PRECISION THREADS`."""

import sys

import torch
from contestant import serve

from lfsc.commands.codec_options import load_codec

source, precision, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
codec = load_codec(source, "cpu", precision, ()).codec
serve(lambda audio: codec.encode(audio).tokens, lambda tokens: codec.decode(tokens).audio)
