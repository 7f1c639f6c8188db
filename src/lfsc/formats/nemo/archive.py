"""NeMo's archive of a model: a tar, plain or gzip-compressed, of model_config.yaml and model_weights.ckpt."""

import io
import tempfile
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from lfsc.formats.config_checks import check_discriminators
from lfsc.formats.nemo.config import codec_from_nemo, ignored_training
from lfsc.formats.nemo.discriminators import discriminators_from_nemo
from lfsc.formats.nemo.names import CODEC, IGNORED, discriminator_modules, from_nemo
from lfsc.io import plain_tar, safe_yaml
from lfsc.io.archive_kinds import compression_in
from lfsc.io.compression import zlib
from lfsc.io.file_slice import FileSlice
from lfsc.io.plain_tar import FILE, FOLDER, Member
from lfsc.io.regular import open_regular
from lfsc.io.torch_file import BLOCK, TorchFile, Weights
from lfsc.nn.arguments import brief

CONFIG = "model_config.yaml"
CHECKPOINT = "model_weights.ckpt"
MODEL = "nemo.collections.tts.models.audio_codec.AudioCodecModel"
MAX_MEMBERS = 1000
# Random weights compress to nine tenths, constant ones at best to a thousandth, which no network is made of.
MAX_EXPANSION = 200


class Archive:
    """A codec of NeMo's as one of ours: the configuration at once, tensors when they are asked for.

    Raises ValueError where the archive is damaged, holds anything but plain files, or a codec that is not supported.
    """

    def __init__(self, path: Path):
        self.stream = open_tar(path)
        self.members = read_members(self.stream)
        self.config = parse_model(self.file(CONFIG).read(safe_yaml.MAX_BYTES + 1))

    @cached_property
    def codec(self) -> dict:
        """Our configuration of the codec."""
        return codec_from_nemo(self.config)

    @cached_property
    def discriminators(self) -> dict | None:
        """Our configuration of the discriminators, in the archive's order; None where it has none."""
        return discriminators_from_nemo(self.config)

    @property
    def ignored(self) -> tuple[str, ...]:
        """Keys that were on in NeMo's training and are not read."""
        return ignored_training(self.config)

    @cached_property
    def tensors(self) -> Weights:
        """All tensors under NeMo's names."""
        file = TorchFile(self.file(CHECKPOINT), name=CHECKPOINT)
        return Weights(file, file.contents)

    def codec_weights(self) -> Weights:
        """The codec's tensors under our names."""
        return self.weights(("audio_encoder.", "audio_decoder."), CODEC)

    def discriminator_weights(self) -> Weights | None:
        """The discriminators' tensors under our names; None where the archive has none."""
        # Checked, because the names of tensors are made from it.
        config = check_discriminators(self.discriminators)
        return None if config is None else self.weights(("discriminator.",), discriminator_modules(config))

    def weights(self, prefixes: tuple[str, ...], modules: tuple[tuple[str, str], ...]) -> Weights:
        # A tensor that has no name here keeps its own: whoever loads strictly then reports it as left over.
        theirs = [name for name in self.tensors if name.startswith(prefixes) and not IGNORED.fullmatch(name)]
        return self.tensors.rename({from_nemo(name, modules) or name: name for name in theirs})

    def file(self, name: str) -> IO[bytes]:
        if name not in self.members:
            raise ValueError(f"it has no {name}, as every archive of NeMo's does")
        member = self.members[name]
        return io.BufferedReader(FileSlice(self.stream, member.start, member.size))


def open_tar(path: Path) -> BinaryIO:
    """The file of an archive, decompressed where it has to be."""
    file = open_regular(path)
    return decompress(file, path.stat().st_size) if compression_in(file) == "gzip" else file


def decompress(file: BinaryIO, size: int) -> BinaryIO:
    """An unnamed temporary file with what `file` holds: tensors are read from the middle of it."""
    plain = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the archive is read)
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        while not inflate.eof and (block := inflate.unconsumed_tail or file.read(BLOCK)):
            plain.write(inflate.decompress(block, 16 * BLOCK))
            if plain.tell() > MAX_EXPANSION * size + BLOCK:
                raise ValueError(f"it expands to more than {MAX_EXPANSION} times its {size} bytes, as weights never do")
    except zlib.error as error:
        raise ValueError(f"its gzip compression is damaged ({error})") from error
    if not inflate.eof:
        raise ValueError("its gzip compression ends too early: the file is cut short")
    plain.seek(0)
    return plain


def read_members(file: BinaryIO) -> dict[str, Member]:
    """The plain files of a tar that holds nothing else than plain files and folders below it."""
    try:
        listed = list(islice(plain_tar.read_members(file), MAX_MEMBERS + 1))
    except ValueError as error:
        raise ValueError(f"its tar is damaged ({error})") from error
    if len(listed) > MAX_MEMBERS:
        raise ValueError(f"it has more than {MAX_MEMBERS} members: too many for a model")
    for member in listed:
        path = PurePosixPath(member.name)
        if member.kind not in (FILE, FOLDER):
            raise ValueError(f"member {member.name[:100]!r} is a {member.kind}, expected plain files and folders")
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"member {member.name[:100]!r} lies outside the archive")
    return {str(PurePosixPath(member.name)): member for member in listed if member.kind == FILE}


def parse_model(text: bytes) -> dict:
    """What NeMo calls `cfg.model`; only data is read, whatever classes it names."""
    config = safe_yaml.parse(text, CONFIG)
    config = config.get("model", config)
    if not isinstance(config, dict):
        raise ValueError(f"{CONFIG} has a model that is not a mapping")
    if config.get("target", MODEL) != MODEL:
        raise ValueError(f"it holds a {brief(config['target'])}: expected {MODEL}")
    return config
