"""Trees of small files, and what becomes of them."""

from lfsc.commands.file_jobs import find_jobs


def made(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"abc")


def plan(source, target):
    return find_jobs(str(source), str(target), suffixes=(".wav", ".flac"), made=".lfsc")
