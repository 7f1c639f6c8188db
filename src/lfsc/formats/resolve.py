"""What a user names, found: a folder, a file, or a repository of a hub."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from os import PathLike
from os.path import expanduser
from pathlib import Path

from lfsc.config.schema import value_at
from lfsc.formats import bundle, hub
from lfsc.formats.config_checks import check_codec, check_discriminators
from lfsc.formats.licences import describe_data, statements_of_hub
from lfsc.formats.nemo.archive import CONFIG, Archive
from lfsc.formats.shipped import SHIPPED, shipped
from lfsc.formats.source import CHECKPOINT, NEMO, RUN, Source
from lfsc.io.archive_kinds import compression_in
from lfsc.io.regular import open_regular
from lfsc.io.stand_ins import describe_stand_in
from lfsc.io.torch_file import DamagedFile, TorchFile, Weights
from lfsc.runs.checkpoints import checkpoint_of, suggest_whole
from lfsc.runs.directory import STATUS, Run, find_inside

EXPECTED = (
    "expected a run directory, a checkpoint (.ckpt), an exported bundle, a .nemo archive, a hub name, or pocket, which "
    "comes with lfsc"
)
# Files of folders that lfsc wrote and that hold no codec to load.
GRAPHS = "the folder has {}, which lfsc does not load: give the codec that they were exported from"
OTHER_FOLDERS = {
    "encoder.onnx": GRAPHS.format("ONNX graphs"),
    "encoder.pt2": GRAPHS.format("torch.export programs"),
    CONFIG: "the folder has the files of a NeMo archive: pack them, as by `tar -cf codec.nemo -C FOLDER .`",
    STATUS: "the run has no checkpoints: `lfsc info` says what became of it",
}
# What a checkpoint of NeMo's trainer has its configuration in.
NEMO_CONFIG = "omegaconf"
ZIP = b"PK\x03\x04"
TAR, TAR_AT = b"ustar", 257
HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(@[\w.-]+)?")


@contextmanager
def resolve(source: str | PathLike, *, trusted: Collection[str] = ()) -> Iterator[Source]:
    """The codec that `source` names, of lfsc's classes and those of `trusted` modules; errors inside begin with it."""
    try:
        found = find(source, trusted)
        try:
            yield found
        finally:
            for file in found.files:
                file.close()
    except DamagedFile as error:
        run = Run(split_run(source)[0])
        raise ValueError(f"{source}: {error}{suggest_whole(run) if run.checkpoints.is_dir() else ''}") from error
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error


def find(source: str | PathLike, trusted: Collection[str]) -> Source:
    # A folder of that name is ./pocket.
    if str(source) == SHIPPED:
        return read_folder(shipped(), trusted)
    # Path.expanduser would fail where nobody has the name that follows ~.
    path = Path(expanduser(source))
    if path.is_dir():
        return read_folder(path, trusted)
    if path.is_file():
        return read_file(path, trusted)
    if path.exists():
        raise ValueError(f"it is neither a file nor a folder; {EXPECTED}")
    run, which = split_run(source)
    if Run(run).checkpoints.is_dir():
        return read_run(run, trusted, which)
    # `runs/typo` looks like a hub's name too.
    if path.parts[0] == "runs":
        raise ValueError("there is no such run; `lfsc train` makes one, `lfsc runs` lists them")
    if HUB_NAME.fullmatch(str(source)) and not path.parent.is_dir():
        found = read_folder(hub.fetch(str(source)), trusted)
        return found._replace(statements=lambda: statements_of_hub(str(source)) | found.statements())
    raise ValueError(f"there is no such file or folder; {EXPECTED}")


def split_run(source: str | PathLike) -> tuple[Path, str]:
    """The folder of RUN, and what it is to stand for."""
    path = Path(expanduser(source))
    folder, _, which = str(path).rpartition("@")
    return (path, "last") if path.is_dir() or not folder else (Path(folder), which)


def read_folder(path: Path, trusted: Collection[str]) -> Source:
    if (path / bundle.WEIGHTS).is_file():
        return bundle.read(path, trusted=trusted)
    if Run(path).checkpoints.is_dir():
        return read_run(path, trusted)
    archives = sorted(path.glob("*.nemo"))
    if len(archives) == 1:
        return read_file(archives[0], trusted)
    for name, reason in OTHER_FOLDERS.items():
        if (path / name).is_file():
            raise ValueError(reason)
    if inside := find_inside(path):
        raise ValueError(f"the folder holds runs: give one of them, such as {inside}")
    raise ValueError(f"the folder has neither {bundle.WEIGHTS}, nor checkpoints/, nor one .nemo archive; {EXPECTED}")


def read_run(path: Path, trusted: Collection[str], which: str = "last") -> Source:
    return read_checkpoint(checkpoint_of(Run(path), which), trusted)._replace(kind=RUN, path=path)


def read_file(path: Path, trusted: Collection[str]) -> Source:
    with open_regular(path) as file:
        compression, head = compression_in(file), file.read(TAR_AT + len(TAR))
    if compression == "gzip" or head.endswith(TAR):
        return read_archive(path)
    if head.startswith(ZIP):
        return read_checkpoint(path, trusted)
    if path.name in bundle.FILES:
        return bundle.read(path.parent, trusted=trusted)
    if stand_in := describe_stand_in(head):
        raise ValueError(f"{path.name} is {stand_in}")
    found = "neither a checkpoint of torch.save nor a tar archive" if head else "empty"
    raise ValueError(f"the file is {found}; {EXPECTED}")


def read_archive(path: Path) -> Source:
    archive = Archive(path)
    return Source(
        kind=NEMO,
        path=path,
        codec=check_codec(archive.codec),
        codec_weights=archive.codec_weights,
        discriminators=lambda: check_discriminators(archive.discriminators),
        discriminator_weights=archive.discriminator_weights,
        files=(archive.stream,),
        ignored=archive.ignored,
    )


def have_learned(checkpoint: dict) -> bool:
    """Whether discriminators have stepped: since they started, in a warm-up, or where they came from."""
    start_at = value_at(checkpoint, "config.discriminators.start_at")
    is_new = value_at(checkpoint, "config.init_from") is None and not value_at(checkpoint, "warmup.done")
    return not (is_new and isinstance(start_at, int) and checkpoint["updates"] <= start_at)


def read_checkpoint(path: Path, trusted: Collection[str]) -> Source:
    stream = open_regular(path)
    try:
        file = TorchFile(stream, name=path.name)
    except DamagedFile as error:
        if NEMO_CONFIG in str(error):
            raise ValueError(
                "it is a checkpoint of NeMo's trainer: NeMo's model.save_to makes a .nemo of it"
            ) from error
        raise
    contents = file.contents
    if not isinstance(contents, dict) or not {"state_dict", "config", "updates"} <= contents.keys():
        raise ValueError("it holds no state_dict, config and updates: it is no checkpoint of `lfsc train`")
    config, updates = contents["config"], contents["updates"]
    if not isinstance(config, dict) or not isinstance(updates, int):
        raise ValueError("its config is no mapping, or its updates no number")
    tensors = Weights(file, contents["state_dict"])
    average = Weights(file, contents.get("ema", {}))
    # Of parameters alone; a part of one's own may have buffers as well.
    codec = Weights(file, {**tensors.saved, **average.saved})
    return Source(
        kind=CHECKPOINT,
        path=path,
        codec=check_codec(config.get("codec"), trusted=trusted),
        codec_weights=lambda: codec.below("codec."),
        discriminators=lambda: check_discriminators(config.get("discriminators"), trusted=trusted),
        discriminator_weights=lambda: tensors.below("discriminators."),
        discriminators_learned=have_learned(contents),
        updates=updates,
        averaged=bool(average),
        files=(stream,),
        # The data may be many files, far away, and are nothing to whoever runs the codec.
        statements=lambda: describe_data(config),
    )
