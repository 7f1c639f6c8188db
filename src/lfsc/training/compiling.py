"""torch.compile for the parts of an update that consist of many small operations."""

import torch

from lfsc.training.module import CodecModule

# Discriminators of a family share their code, and each has graphs of its own, with gradients and without: torch's
# limit of eight a piece of code would leave most of them as they were.
GRAPHS = 64


def compile_parts(module: CodecModule, *, backend: str = "inductor") -> None:
    """Compile encoder, decoder and discriminators in place, at each first shape; names in checkpoints stay."""
    torch._dynamo.config.recompile_limit = GRAPHS
    networks = [member.network for member in module.discriminators.members()]
    for part in (module.codec.encoder, module.codec.decoder, *networks):
        part.compile(backend=backend, dynamic=False)
