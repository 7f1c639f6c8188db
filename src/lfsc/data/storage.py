"""Files of a corpus wherever it lies: in a folder, or behind a profile of energon's multi-storage client."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from megatron.energon.epathlib import EPath
from multistorageclient.types import Range

from lfsc.io.messages import first_line
from lfsc.shards import checks

PROFILES = "~/.msc_config.yaml (or the file that MSC_CONFIG names)"


def locate(path: str) -> EPath:
    """The folder or file `path`; ValueError in one line where energon has no way to it."""
    scheme, _, rest = str(path).partition("://")
    if rest and scheme in ("http", "https"):
        raise ValueError(
            f"{path}: energon does not read over plain HTTP; copy the folder here (`wget -r -np`), or give its "
            f"S3 interface a profile in {PROFILES} and say msc://PROFILE/FOLDER"
        )
    if rest and scheme not in ("msc", "file"):
        raise ValueError(
            f"{path}: object storage is named msc://PROFILE/FOLDER here; give your bucket a profile in {PROFILES}"
        )
    try:
        # Of file:///folder, energon makes one below the working folder.
        return EPath(rest if rest and scheme == "file" else str(path))
    except ImportError as error:
        raise ValueError(
            f"{path} needs a package of its storage ({error}): pip install 'multi-storage-client[boto3]' for S3, "
            f"[google-cloud-storage] or [azure-storage-blob] for those"
        ) from error
    except ValueError as error:
        raise ValueError(f"{path}: {first_line(error)}") from error


def require_inside(folder: EPath, files: Iterable[EPath]) -> None:
    """ValueError for a file that is a link out of `folder`; object storage has no links."""
    if folder.is_local():
        checks.require_inside(folder.local_path(), [file.local_path() for file in files])


def read(path: EPath) -> bytes:
    """The whole file."""
    with storage_errors(path):
        return connect(path).read_bytes()


def read_range(path: EPath, start: int, size: int) -> bytes:
    """As much of the `size` bytes from `start` as is there, in one request; opened, a remote file would come whole."""
    with storage_errors(path):
        path = connect(path)
        return bytes(path.fs.read(str(path.internal_path), byte_range=Range(start, size)))


def size(path: EPath) -> int:
    """The size of a file in bytes."""
    with storage_errors(path):
        return connect(path).size()


def connect(path: EPath) -> EPath:
    """The same path with connections of this process.

    A loader's worker that is forked has those of its parent in every path, and workers that share a connection get each
    other's answers.
    """
    return EPath(str(path))


@contextmanager
def storage_errors(path: EPath) -> Iterator[None]:
    """OSError, in one line, for whatever goes wrong in object storage; each provider has kinds of its own."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{path}: {first_line(error)}") from error
