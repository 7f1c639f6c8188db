"""torch.compile for the parts of an update that consist of many small operations."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils import parametrize

from lfsc.io.messages import first_line
from lfsc.losses.adversarial import FeatureLoss
from lfsc.training.module import CodecModule

# The value of the key `compile` that means the discriminators as well.
ALL = "all"
# For the function that all discriminators share: torch's limit of eight would leave some of them uncompiled.
GRAPHS = 64


def compile_parts(module: CodecModule, parts: bool | str, *, backend: Any = "inductor") -> None:
    """Compile encoder, decoder and feature loss in place, at each first shape; with "all" the discriminators as well.

    Names in checkpoints stay.
    """
    features = [loss for loss in module.adversarial_losses.losses.values() if isinstance(loss, FeatureLoss)]
    for loss in features:
        # A compiler makes one operation of it by itself.
        loss.distance = mean_distance
    for part in (module.codec.encoder, module.codec.decoder, *features):
        part.compile(backend=backend, dynamic=False)
    if parts == ALL:
        torch._dynamo.config.recompile_limit = GRAPHS
        # Else the slope of each LeakyReLU is an input on the CPU, which a kernel there reads in every pass.
        torch._dynamo.config.specialize_float = True
        run = torch.compile(run_with_weights, backend=backend, dynamic=True)
        for member in module.discriminators.members():
            member.network.forward = WithWeights(member.network, run)


def compile_failure(error: BaseException) -> str | None:
    """Why torch could not compile a part, such as for want of a C++ compiler; None for another error."""
    if not isinstance(error, torch._dynamo.exc.TorchDynamoException):
        return None
    # What one of Inductor's processes raised, which compile for a GPU, comes as its traceback: its message is the end.
    traceback = getattr(getattr(error, "inner_exception", None), "details", None)
    return traceback.strip().splitlines()[-1] if traceback else first_line(error)


def mean_distance(fake: Tensor, real: Tensor) -> Tensor:
    return (fake.float() - real.float()).abs().mean()


class WithWeights:
    """A network's forward pass by `run`, which takes its weights as they are in this step: normed, cast and cached.

    What is traced then knows nothing of parametrizations, whose state would be a reason to trace it again. Networks of
    one family differ only in their weights and the sizes of their inputs, and share what is traced.
    """

    def __init__(self, network: nn.Module, run: Callable):
        self.layers = {name: layer for name, layer in network.named_modules() if parametrize.is_parametrized(layer)}
        self.plain = without_weights(network)
        self.network = network
        self.run = run

    def __call__(self, x: Tensor) -> Any:
        weights = dict(self.network.named_parameters())
        for name, layer in self.layers.items():
            weights[f"{name}.weight"] = layer.weight
        return self.run(self.plain, {name: weights[name] for name, _ in self.plain.named_parameters()}, x)


def run_with_weights(network: nn.Module, weights: dict[str, Tensor], x: Tensor) -> Any:
    return functional_call(network, weights, (x,))


def without_weights(network: nn.Module) -> nn.Module:
    """A copy of the network in which weight norm is removed and all parameters are without memory."""
    plain = deepcopy(network).to("meta")
    # Listed before any of them changes; of classes that torch derives for them.
    pairs: list[tuple[Any, Any]] = list(zip(plain.modules(), network.modules(), strict=True))
    for layer, original in pairs:
        if parametrize.is_parametrized(original):
            # Not by torch's own function: it changes the class, which is the original's as well.
            (layer.__class__,) = type(layer).__bases__
            del layer.parametrizations
            layer.register_parameter("weight", nn.Parameter(original.weight.detach().to("meta")))
    return plain
