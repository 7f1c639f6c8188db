"""Where the files of a tar lie in it, so that each can be read by itself."""

import posixpath
import tarfile
from pathlib import Path

from lfsc.audio.suffixes import is_hidden

# One after the other, as systems allow.
MOST_LINKS = 40


def find_files(path: Path, *, source: Path, left_out: list[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Offset and size of every file in a tar, which came out of `source`; links are what they lead to.

    A name that is there twice is the last of its files, as it would be if the tar was unpacked.
    """
    places: dict[str, tuple[int, int]] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                # tarfile would keep millions of these.
                tar.members = []  # type: ignore[attr-defined]
                name = strip_root(member.name)
                if member.isdir() or is_hidden(name):
                    continue
                if name in places or name in links:
                    left_out.append((name, "another member of the same name follows it"))
                    places.pop(name, None)
                    links.pop(name, None)
                if member.islnk():
                    links[name] = strip_root(member.linkname)
                elif member.issym():
                    links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
                elif member.isreg() and not member.issparse():
                    places[name] = member.offset_data, member.size
                else:
                    left_out.append((name, "a sparse file" if member.issparse() else "a device or a pipe"))
            require_end(tar)
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise ValueError(f"{source} is no complete tar ({error}); download it again") from error
    if places and sum(max(places.values())) > path.stat().st_size:
        raise ValueError(f"{source} is truncated; download it again")
    for name, target in links.items():
        place = follow(target, places, links)
        if place is None:
            left_out.append((name, f"a link to {target}, which is no file of the archive"))
        else:
            places[name] = place
    return places


def strip_root(name: str) -> str:
    """The name as `tar` unpacks it: an absolute one is not that of a file of this machine."""
    return name.removeprefix("./").lstrip("/")


def require_end(tar: tarfile.TarFile) -> None:
    """Raise where the archive just stops, which Python takes for its end, or where more follows its end."""
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("its end mark is missing")
    while block := tar.fileobj.read(2**20):
        if block.strip(b"\0"):
            raise tarfile.ReadError("more follows its end mark, as where two were joined: unpack with --ignore-zeros")


def follow(target: str, places: dict[str, tuple[int, int]], links: dict[str, str]) -> tuple[int, int] | None:
    """The place of what a link leads to, over other links, too."""
    for _ in range(MOST_LINKS):
        if target in places:
            return places[target]
        if target not in links:
            return None
        target = links[target]
    return None
