"""Packages that are not installed, and the extra of lfsc that brings them."""

# By the names that they are imported by; all others are in the extra of the command that needs them.
EXTRAS = {"huggingface_hub": "export", "wandb": "wandb"}


def explain_missing(error: ModuleNotFoundError, extra: str) -> str:
    """What to install where an import failed; `extra` has all that the command needs."""
    package = str(error.name).partition(".")[0]
    return f"{package} is not installed: pip install 'lfsc[{EXTRAS.get(package, extra)}]'"


def is_ours(error: ModuleNotFoundError) -> bool:
    """Whether the module that is not there would be lfsc's own."""
    return str(error.name).partition(".")[0] in ("lfsc", "data_prep")
