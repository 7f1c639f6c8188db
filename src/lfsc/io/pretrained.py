"""Models that transformers loads from anybody's folder or repository: their numbers, never their code."""

from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

from lfsc.io.messages import one_line, say_count

# Any other kind is the name of a repository, of which transformers would run the code.
ATTENTION = (None, "eager", "sdpa")
# More than any model has; transformers makes all of them before it looks whether they are there.
MOST_LAYERS = 1000
# What training alone makes use of, and many published models lack.
DISPENSABLE = ("masked_spec_embed", "objective.weight")


def load_pretrained(load: Callable, path: str, **options) -> Any:
    """What `load`, such as AutoModel.from_pretrained, makes of a local folder or a hub name.

    ValueError, in one line, where the model needs code of its own, its weights are more than numbers, or configuration
    and weights are not such that transformers makes something of them.
    """
    from transformers import AutoConfig

    try:
        check_config(AutoConfig.from_pretrained(path, trust_remote_code=False), path)
        return load(path, trust_remote_code=False, **options)
    except UnpicklingError as error:
        raise ValueError(f"{path}: its weights hold more than numbers; nothing of them was run") from error
    except (OSError, ValueError, MemoryError):
        raise
    except Exception as error:
        # A damaged configuration, or weights of another shape, may fail anywhere.
        reason = one_line(error)[:200]
        raise ValueError(f"{path}: transformers cannot load it ({type(error).__name__}: {reason})") from error


def load_model(load: Callable, path: str, **options) -> Any:
    """The same for a model; ValueError where it lacks weights, in whose place transformers would put random ones."""
    model, found = load_pretrained(load, path, output_loading_info=True, **options)
    if missing := sorted(name for name in found["missing_keys"] if not name.endswith(DISPENSABLE)):
        raise ValueError(
            f"{path}: it lacks {say_count(len(missing), 'tensor')} of its {type(model).__name__}, such as "
            f"{missing[0]}: download it again, or take a model of this kind"
        )
    return model


def check_config(config: Any, path: str) -> None:
    """ValueError for a model, or a part of one, with attention from elsewhere or layers without end."""
    from transformers import PreTrainedConfig

    if config._attn_implementation not in ATTENTION:
        raise ValueError(
            f"{path}: its config.json asks for the attention {config._attn_implementation!r}, expected eager or sdpa"
        )
    for key, value in vars(config).items():
        if "layers" in key and isinstance(value, int) and value > MOST_LAYERS:
            raise ValueError(f"{path}: its config.json has {key}={value}, expected up to {MOST_LAYERS}")
        if isinstance(value, PreTrainedConfig):
            check_config(value, path)
