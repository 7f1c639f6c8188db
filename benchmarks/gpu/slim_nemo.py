"""NeMo's audio codec model alone, from NeMo's own files, with stand-ins for the rest: `slim_nemo.py OUT` gathers them.

`load(folder)` gives NeMo's AudioCodecModel; `folder` holds NeMo's package `nemo`. Its update is NeMo's own: no stand-in
is called in one.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import shutil
import sys
import types
from pathlib import Path
from unittest.mock import MagicMock

# Imported by NeMo, and never called in an update.
PACKAGES = [
    *("audioread", "braceexpand", "cdifflib", "cytoolz", "datasets", "editdistance", "kaldialign", "lhotse", "librosa"),
    *(
        "nemo_text_processing",
        "nv_one_logger",
        "onnx",
        "pynini",
        "sacremoses",
        "soxr",
        "text_unidecode",
        "toml",
        "toolz",
        "wandb",
    ),
]
ASR, COMMON, TTS = (f"nemo.collections.{name}" for name in ("asr", "common", "tts"))
PARTS = [
    *(f"{ASR}.{part}" for part in ("data", "losses", "metrics", "models", "modules")),
    *(f"{ASR}.parts.{part}" for part in ("mixins", "submodules", "utils")),
    *(f"{ASR}.parts.preprocessing.{part}" for part in ("perturb", "segment")),
    *(f"{COMMON}.{part}" for part in ("callbacks", "data", "parts.preprocessing", "prompts", "tokenizers")),
    *(f"{TTS}.{part}" for part in ("data", "torch")),
    *(f"{TTS}.parts.utils.{part}" for part in ("callbacks", "helpers", "tts_dataset_utils")),
    "nemo.lightning",
]
# Packages whose __init__ would import the rest of NeMo.
BARE = [
    *(TTS, f"{TTS}.models", f"{TTS}.losses", f"{TTS}.modules", f"{TTS}.parts", f"{TTS}.parts.utils"),
    *("nemo.collections.audio", "nemo.collections.audio.parts", "nemo.collections.audio.parts.utils"),
    *(COMMON, f"{COMMON}.parts", ASR, f"{ASR}.parts", f"{ASR}.parts.preprocessing"),
]


class Anything(type):
    def __getattr__(cls, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock()


class StandIn(types.ModuleType):
    """A module that has every name, each a class that takes anything and does nothing."""

    __path__: list[str] = []  # noqa: RUF012  # what makes it a package
    __version__ = "0"

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        members = {
            "__init__": lambda self, *arguments, **options: None,
            "__module__": self.__name__,
            "__class_getitem__": classmethod(lambda cls, key: cls),
        }
        made = Anything(name, (object,), members)
        setattr(self, name, made)
        return made


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, path=None, target=None):
        if name.partition(".")[0] in PACKAGES or any(f"{name}.".startswith(f"{part}.") for part in PARTS):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module) -> None:
        pass


def load(folder: str | Path):
    """NeMo's AudioCodecModel."""
    folder = Path(folder)
    sys.path.insert(0, str(folder))
    sys.meta_path.insert(0, Finder())
    for name in BARE:
        module = types.ModuleType(name)
        module.__path__ = [str(folder / name.replace(".", "/"))]
        sys.modules[name] = module
    importlib.import_module("librosa.filters").mel = mel_filters
    # What the recipe names.
    importlib.import_module(f"{ASR}.parts.preprocessing.features")
    importlib.import_module(f"{TTS}.modules.encodec_modules")
    model = importlib.import_module(f"{TTS}.models.audio_codec").AudioCodecModel
    # Where NeMo's own __init__ has it.
    sys.modules[f"{TTS}.models"].AudioCodecModel = model
    return model


def mel_filters(sr, n_fft, n_mels, fmin=0.0, fmax=None, norm=None, **_):
    """librosa's, by torchaudio."""
    from torchaudio.functional import melscale_fbanks

    return melscale_fbanks(n_fft // 2 + 1, fmin, fmax or sr / 2, n_mels, sr, norm=norm, mel_scale="slaney").T.numpy()


def gather(out: Path) -> None:
    """Copy the files of NeMo's update out of the NeMo that is installed."""
    folder = Path(importlib.util.find_spec("nemo").submodule_search_locations[0]).parent
    load(folder)
    for name, module in sorted(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if name.partition(".")[0] == "nemo" and path and path.startswith(str(folder)):
            target = out / Path(path).relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
