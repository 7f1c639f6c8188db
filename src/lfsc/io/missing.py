"""What a command lacks: packages, with the extra of lfsc that brings them, their libraries, memory to load them."""

from lfsc.io.messages import one_line

# By the names that they are imported by; all others are in the extra of the command that needs them.
EXTRAS = {"huggingface_hub": "export", "wandb": "wandb"}


def explain_missing(error: ModuleNotFoundError, extra: str) -> str:
    """What to install where an import failed; `extra` has all that the command needs."""
    package = str(error.name).partition(".")[0]
    return f"{package} is not installed: pip install 'lfsc[{EXTRAS.get(package, extra)}]'"


def explain_lack(error: ImportError | MemoryError, extra: str) -> str | None:
    """What is missing, in one line; None where an import fails for a fault of lfsc's own."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, ModuleNotFoundError):
        return None if is_ours(error) else explain_missing(error, extra)
    if "shared object" in str(error):
        return f"a library cannot be loaded ({one_line(error)}): it needs more memory, or its package is not whole"
    return None


def is_ours(error: ModuleNotFoundError) -> bool:
    """Whether the module that is not there would be lfsc's own."""
    return str(error.name).partition(".")[0] in ("lfsc", "data_prep")
