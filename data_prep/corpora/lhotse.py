"""lhotse's lists of recordings and of supervisions, which say what one needs only together."""

from collections.abc import Iterator
from pathlib import Path

from lfsc.audio.manifest import Malformed, Row, parse_row
from lfsc.audio.tables import parse_json, read_lines

RECORDINGS, SUPERVISIONS = "recordings", "supervisions"


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
