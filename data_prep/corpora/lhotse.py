"""What lhotse spreads over several files: recordings and supervisions, and cuts with the tars of their recordings."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lfsc.audio.json_rows import parse_json
from lfsc.audio.lines import read_lines
from lfsc.audio.manifest import Malformed, Row, parse_row

from .archives import Tree
from .tarred import TarredDataset

RECORDINGS, SUPERVISIONS = "recordings", "supervisions"
# Shar's lists of cuts; the tar of the same number beside each holds their recordings.
CUTS, TAR = re.compile(r"cuts(\.\d+)?\.jsonl(\.gz)?"), re.compile(r"recording(\.\d+)?\.tar")


def find_pair(manifest: Path) -> tuple[Path, Path] | None:
    """The lists of recordings and of supervisions of which one is `manifest`; None where the other is not beside it."""
    for mine, other in ((RECORDINGS, SUPERVISIONS), (SUPERVISIONS, RECORDINGS)):
        if mine in manifest.name:
            partner = manifest.with_name(manifest.name.replace(mine, other))
            if partner.is_file():
                return (manifest, partner) if mine == RECORDINGS else (partner, manifest)
    return None


def rows_of_pair(recordings: Path, supervisions: Path) -> Iterator[Row | Malformed]:
    """A row for each supervision."""
    by_id = {}
    for number, row in parse_json(read_lines(recordings), str(recordings)):
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            by_id[row["id"]] = row
        else:
            yield Malformed(f"{recordings}, line {number}", row if isinstance(row, str) else "no 'id'")
    for number, row in parse_json(read_lines(supervisions), str(supervisions)):
        try:
            yield parse_row(row if isinstance(row, str) else as_cut(row, by_id))
        except ValueError as error:
            yield Malformed(f"{supervisions}, line {number}", str(error))


def as_cut(supervision: dict, recordings: dict[str, dict]) -> dict:
    """The cut that lhotse would make of a supervision."""
    wanted = supervision.get("recording_id")
    if not isinstance(wanted, str) or wanted not in recordings:
        raise ValueError(f"'recording_id' is {wanted!r}, which is not among the recordings")
    times = {name: supervision[name] for name in ("start", "duration", "channel") if name in supervision}
    return times | {"supervisions": [supervision], "recording": recordings[wanted]}


class Shar(NamedTuple):
    """Lists of cuts, each with a tar of their recordings."""

    lists: list[str]
    unlisted_tars: list[str]  # which no list belongs to

    @classmethod
    def find(cls, names: Iterable[str]) -> "Shar":
        """Those among the names; a list without a number is one of Shar only with its tar beside it."""
        named = [(name, PurePosixPath(name).name) for name in names]
        tars = {name for name, short in named if TAR.fullmatch(short)}
        found = ((name, CUTS.fullmatch(short)) for name, short in named)
        lists = [name for name, cuts in found if cuts and (cuts[1] or tar_of(name) in tars)]
        return cls(lists, sorted(tars - {tar_of(name) for name in lists}))

    def rows(self, tree: Tree, tars: TarredDataset) -> Iterator[Row | Malformed]:
        for cuts in self.lists:
            yield from rows_of_cuts(tree, cuts, tars)
        for tar in self.unlisted_tars:
            yield Malformed(tar, "no list of cuts beside it")


def rows_of_cuts(tree: Tree, cuts: str, tars: TarredDataset) -> Iterator[Row | Malformed]:
    """A row for each cut of a list in `tree`; where the list is damaged, of the cuts before it."""
    tar = tar_of(cuts)
    folder = tar.removesuffix(PurePosixPath(tar).name)
    try:
        # Found by the names of their cuts, as nothing says in which format they are.
        members = (name for name in tars.names(tar) if not name.endswith((".json", ".nodata", ".nometa")))
        recordings = {member.rpartition(".")[0]: f"{folder}{member}" for member in members}
        for number, cut in parse_json(tree.lines(cuts), cuts):
            try:
                yield parse_row(cut if isinstance(cut, str) else with_path(cut, recordings))._replace(archive=tar)
            except ValueError as error:
                yield Malformed(f"{cuts}, line {number}", str(error))
    except ValueError as error:
        yield Malformed(cuts, str(error))


def tar_of(cuts: str) -> str:
    """The tar beside a list of cuts that holds their recordings."""
    path = PurePosixPath(cuts)
    return path.with_name(f"recording{''.join(path.suffixes[: -2 if path.suffix == '.gz' else -1])}.tar").as_posix()


def with_path(cut: dict, recordings: dict[str, str]) -> dict:
    """A cut of Shar as a row for its recording, which holds no more than the cut, nor other channels."""
    if not isinstance(cut.get("recording"), dict):
        return cut
    path = recordings.get(str(cut.get("id")))
    if path is None:
        raise ValueError(f"no recording in the tar for its 'id' {cut.get('id')!r}")
    source = {"sources": [{"source": path}]}
    times = {key: cut[key] for key in ("start", "duration") if key in cut}
    if not times.get("start") and times.get("duration") == cut["recording"].get("duration"):
        times = {}
    return times | {"recording": source, "supervisions": cut.get("supervisions")}
