"""What lies in the place of a file that was not downloaded, by its first bytes."""

BEGINNINGS = (
    (b"version https://git-lfs", "a pointer of Git LFS and not the file itself: git lfs pull gets that"),
    (b"<!doctype html", "a web page and not the file itself: download it again"),
    (b"<html", "a web page and not the file itself: download it again"),
)
LONGEST = 64


def describe_stand_in(head: bytes) -> str | None:
    """What it is, and what to do, in half a sentence; None where it may be the file itself."""
    return next((what for begin, what in BEGINNINGS if head[: len(begin)].lower() == begin), None)
