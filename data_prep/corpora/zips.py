"""A zip as a tar, whose files can be read where they lie."""

import stat
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

# Systems by which entries may have been made whose names have backslashes for slashes.
WINDOWS = (0, 10, 11)
LONGEST_LINK = 4096


def copy_as_tar(source: Path, target: BinaryIO) -> None:
    """Write the files of a zip into a tar; ValueError where they cannot all be read."""
    try:
        with zipfile.ZipFile(source) as archive, tarfile.open(fileobj=target, mode="w") as tar:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                is_windows = entry.create_system in WINDOWS
                member = tarfile.TarInfo(entry.filename.replace("\\", "/") if is_windows else entry.filename)
                with archive.open(entry) as content:
                    if stat.S_ISLNK(entry.external_attr >> 16):
                        member.type, member.linkname = tarfile.SYMTYPE, content.read(LONGEST_LINK).decode()
                    else:
                        member.size = entry.file_size
                    tar.addfile(member, content)
    except UnicodeDecodeError as error:
        raise ValueError(f"{source}: a name in it is no UTF-8, as it says: unpack it and give the folder") from error
    # RuntimeError is raised for an encrypted one and, as a kind of it, for an unknown compression.
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise ValueError(f"{source}: {error}; download it again, or unpack it and give the folder") from error
