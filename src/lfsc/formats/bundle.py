"""A bundle: a folder of config.yaml, model.safetensors, README.md and, to train on, discriminators.safetensors."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lfsc.config.values import require_text
from lfsc.formats.checksums import add_stamp, crc32_of, require_checksum, require_stamp
from lfsc.formats.config_checks import check_codec, check_discriminators
from lfsc.formats.licences import SUBJECTS
from lfsc.formats.skeleton import Tensors
from lfsc.formats.source import BUNDLE, Source
from lfsc.io import atomic, safe_yaml
from lfsc.io.regular import open_regular
from lfsc.io.stand_ins import LONGEST, describe_stand_in
from lfsc.nn.arguments import brief

CONFIG, WEIGHTS, DISCRIMINATORS = "config.yaml", "model.safetensors", "discriminators.safetensors"
FILES = (CONFIG, WEIGHTS, DISCRIMINATORS, "README.md")
FORMAT, VERSION = "lfsc bundle", 2


class SafeTensors(Mapping[str, Tensor]):
    """The tensors of a safetensors file by name, mapped into memory and paged in when they are used."""

    def __init__(self, path: Path):
        try:
            self.file = safe_open(path, framework="pt")
        except SafetensorError as error:
            with open_regular(path) as file:
                found = describe_stand_in(file.read(LONGEST)) or f"cut short or damaged ({error})"
            raise ValueError(f"{path.name} is {found}") from error

    def __getitem__(self, name: str) -> Tensor:
        return self.file.get_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.file.keys())

    def __len__(self) -> int:
        return len(self.file.keys())

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self.file.get_slice(name).get_shape())


def read(path: Path, *, trusted: Collection[str] = ()) -> Source:
    if not (path / CONFIG).is_file():
        raise ValueError(f"it has {WEIGHTS}, but it has no {CONFIG}: another program's weights, or a bundle cut short")
    text_of_config = safe_yaml.text_of(path / CONFIG)
    require_stamp(text_of_config, CONFIG)
    config = safe_yaml.parse(text_of_config, CONFIG)
    if config.get("format") != FORMAT or config.get("version") != VERSION:
        found = f"{brief(config.get('format'))}, version {brief(config.get('version'))}"
        raise ValueError(
            f"{CONFIG} says format {found}: this lfsc reads {FORMAT!r}, version {VERSION}; export it again"
        )
    fingerprint, updates, licence = config.get("fingerprint"), config.get("updates"), config.get("licence", {})
    if not (isinstance(fingerprint, str) and re.fullmatch("[0-9a-f]{16}", fingerprint)):
        raise ValueError(f"{CONFIG} has fingerprint {brief(fingerprint)}: expected 16 hexadecimal digits")
    if not isinstance(updates, int | None) or not isinstance(licence, dict):
        raise ValueError(
            f"{CONFIG} has updates {brief(updates)} and licence {brief(licence)}: expected a number and statements"
        )
    statements = {
        subject: require_text(licence[subject], f"licence.{subject}") for subject in SUBJECTS if subject in licence
    }
    return Source(
        kind=BUNDLE,
        path=path,
        codec=check_codec(config.get("codec"), trusted=trusted),
        codec_weights=lambda: read_whole(path / WEIGHTS, config),
        discriminators=lambda: check_discriminators(config.get("discriminators"), trusted=trusted),
        discriminator_weights=lambda: read_whole(path / DISCRIMINATORS, config),
        updates=updates,
        weight_norm=config.get("weight_norm") is not False,
        fingerprint=fingerprint,
        statements=lambda: statements,
    )


def read_whole(path: Path, config: dict) -> SafeTensors:
    """The tensors of a file that is as it was written."""
    tensors = SafeTensors(path)
    require_checksum(path, config.get("crc32", {}))
    return tensors


def write(path: Path, *, config: dict[str, Any], card: str, tensors: dict[str, Tensors]) -> None:
    """Write a bundle; `tensors` maps a file's name to its tensors. config.yaml comes last: without it there is none."""
    atomic.make_folder(path)
    for name in (CONFIG, DISCRIMINATORS):
        if name not in tensors:
            (path / name).unlink(missing_ok=True)
    checksums = {}
    for name, weights in tensors.items():
        with atomic.replacing(path / name) as temporary, atomic.naming(path / name, SafetensorError):
            temporary.touch()
            mode = temporary.stat().st_mode
            save_file({key: weights[key].detach().contiguous() for key in weights}, temporary)
            # safetensors lets only the owner read it.
            temporary.chmod(mode)
            checksums[name] = crc32_of(temporary)
    atomic.write_text(path / "README.md", card)
    header = {"format": FORMAT, "version": VERSION, "crc32": checksums}
    atomic.write_text(path / CONFIG, add_stamp(yaml.safe_dump(header | config, sort_keys=False, allow_unicode=True)))
