"""A zip as a tar, whose files can be read where they lie."""

import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO


def copy_as_tar(source: Path, target: BinaryIO) -> None:
    """Write the files of a zip into a tar; ValueError where they cannot all be read."""
    try:
        with zipfile.ZipFile(source) as archive, tarfile.open(fileobj=target, mode="w") as tar:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                member = tarfile.TarInfo(entry.filename)
                member.size = entry.file_size
                with archive.open(entry) as content:
                    tar.addfile(member, content)
    # RuntimeError is raised for an encrypted one and, as a kind of it, for an unknown compression.
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise ValueError(f"{source}: {error}; download it again, or unpack it and give the folder") from error
