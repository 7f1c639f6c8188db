"""Models that transformers loads from anybody's folder or repository: their numbers, never their code."""

from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

# Any other kind is the name of a repository, of which transformers would run the code.
ATTENTION = (None, "eager", "sdpa")


def load_pretrained(load: Callable, path: str, **options) -> Any:
    """What `load`, such as AutoModel.from_pretrained, makes of a local folder or a hub name.

    ValueError where the model needs code of its own, or its weights are more than numbers.
    """
    from transformers import AutoConfig

    check_attention(AutoConfig.from_pretrained(path, trust_remote_code=False), path)
    try:
        return load(path, trust_remote_code=False, **options)
    except UnpicklingError as error:
        raise ValueError(f"{path}: its weights hold more than numbers; nothing of them was run") from error


def check_attention(config: Any, path: str) -> None:
    from transformers import PreTrainedConfig

    if config._attn_implementation not in ATTENTION:
        raise ValueError(
            f"{path}: its config.json asks for the attention {config._attn_implementation!r}, expected eager or sdpa"
        )
    for part in vars(config).values():
        if isinstance(part, PreTrainedConfig):
            check_attention(part, path)
