"""Any tree of recordings; a manifest says who speaks which language, or files beside them, or the folders' names."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lfsc.audio.languages import is_language
from lfsc.audio.layouts import Labels, Layout, describe_labels, find_layout, is_common_voice
from lfsc.audio.manifest import MANIFESTS, Malformed, Row, parse_row, parse_rows
from lfsc.audio.suffixes import SUFFIXES, describe_not_read, is_recording
from lfsc.io.messages import printable

from .archives import Tree, open_tree
from .keys import key_of, label
from .utterance import File, Rejection, Utterance

UNKNOWN_LANGUAGE, UNKNOWN_SPEAKER = "und", "unknown"
# Of a Kaldi data folder.
KALDI = "wav.scp"


def utterances(
    scratch: Path, *, sources: list[Path], manifest: Path | None, language: str | None, layout: str | None = None
) -> Iterator[Utterance | Rejection | str]:
    """Every recording in `sources`, or every row of a manifest; what a row leaves open, its folders say.

    What was understood is said first.
    """
    implausible: set[str] = set()
    for source in sources:
        tree = open_tree(source, scratch)
        for item in _of_tree(tree, source, manifest, language, layout):
            if isinstance(item, Malformed):
                yield Rejection.malformed(printable(item.place), language or UNKNOWN_LANGUAGE, item.reason)
                continue
            if not isinstance(item, Row):
                yield item
                continue
            utterance = _utterance(item, tree, language, prefix="" if len(sources) == 1 else f"{source.name}/")
            if utterance.language not in implausible and not is_language(item.language or language or "und"):
                implausible.add(utterance.language)
                yield f"warning: {item.language or language} is no language that is known here, as of {item.path}"
            yield utterance


def _of_tree(
    tree: Tree, source: Path, manifest: Path | None, language: str | None, spec: str | None
) -> Iterator[Row | Malformed | Rejection | str]:
    """The rows of a tree, and what is to be said of it."""
    lines = _manifest_lines(tree, manifest)
    if lines is not None:
        yield from _complete(parse_rows(*lines), tree, spec, lines[0])
        return
    if KALDI in tree:
        raise ValueError(f"{source / KALDI} is Kaldi's: write a manifest.jsonl with path, offset, duration and speaker")
    names = list(tree.names())
    recordings = [name for name in names if is_recording(name)]
    not_read = describe_not_read(names)
    if not recordings:
        raise ValueError(f"{source} holds no {', '.join(SUFFIXES)} files{f'; {not_read}' if not_read else ''}")
    if not_read:
        yield not_read
    yield from (Rejection(key_of(name), language or UNKNOWN_LANGUAGE, "tar member", why) for name, why in tree.left_out)
    yield from _recordings(tree, recordings, set(names), spec, language)


def _recordings(
    tree: Tree, recordings: list[str], names: set[str], spec: str | None, language: str | None
) -> Iterator[Row | Malformed | str]:
    """A row for each recording, of its KEY.json if there is one, and of its folders."""
    sidecars = {name: _sidecar(name) for name in recordings if _sidecar(name) in names}
    bare = [name for name in recordings if name not in sidecars]
    if is_common_voice(bare) and spec is None:
        raise ValueError(
            f"{tree.name} is Common Voice, whose tables name the speakers: python -m data_prep common_voice"
        )
    if sidecars:
        yield f"{len(sidecars)} of {len(recordings)} recordings have a .json beside them, which says what it knows"
    layout = _layout_of(bare, tree, spec, language) if bare else None
    if layout is not None:
        yield describe_labels(layout.name, [layout.labels(name) for name in bare])
    for name in recordings:
        if layout is None or name in sidecars:
            yield _of_sidecar(tree, name, sidecars[name], spec)
        elif (labels := layout.labels(name)) is None:
            yield Malformed(name, f"its path is not like the others': {layout.name}")
        else:
            yield Row(name, labels.language, labels.speaker)


def _layout_of(names: list[str], tree: Tree, spec: str | None, language: str | None) -> Layout:
    return find_layout(names, root=tree.name, spec=spec, language_given=language is not None)


def _sidecar(name: str) -> str:
    return PurePosixPath(name).with_suffix(".json").as_posix()


def _of_sidecar(tree: Tree, name: str, sidecar: str, spec: str | None) -> Row | Malformed:
    try:
        row = json.loads("".join(tree.lines(sidecar)))
        said = parse_row(row, path=name) if isinstance(row, dict) else Row(name)
    except (ValueError, RecursionError) as error:
        return Malformed(sidecar, str(error))
    return _with_folders(said, _labels_of(name, tree, spec))


def _complete(
    rows: Iterator[Row | Malformed], tree: Tree, spec: str | None, manifest: str
) -> Iterator[Row | Malformed | str]:
    """Rows of a manifest, with what the folders of their paths say where they say nothing themselves."""
    count = without_speaker = 0
    for row in rows:
        if isinstance(row, Row):
            row = _with_folders(row, _labels_of(row.path, tree, spec))
            if not count:
                first = f"language {row.language or 'not known'}, speaker {row.speaker or 'not known'}"
                yield f"understood by {manifest}: first {row.path}, {first}"
            count, without_speaker = count + 1, without_speaker + (not row.speaker)
        yield row
    if without_speaker:
        yield f"{without_speaker} recordings name no speaker, nor do their folders: they are of one, {UNKNOWN_SPEAKER}"


def _labels_of(name: str, tree: Tree, spec: str | None) -> Labels:
    """What the folders of one recording say; nothing where they are not clear."""
    try:
        return find_layout([name], root=tree.name, spec=spec).labels(name) or Labels()
    except ValueError:
        if spec is not None:
            raise
        return Labels()


def _with_folders(row: Row, labels: Labels) -> Row:
    return row._replace(
        language=labels.language if row.language is None else row.language,
        speaker=labels.speaker if row.speaker is None else row.speaker,
    )


def _utterance(row: Row, tree: Tree, language: str | None, prefix: str) -> Utterance:
    return Utterance(
        key=key_of(prefix + row.name),
        source=File(row.path) if row.path.startswith("/") else tree.file(row.path),
        language=label(row.language or language or UNKNOWN_LANGUAGE),
        speaker=label(row.speaker or UNKNOWN_SPEAKER),
        text=row.text,
        part=row.part,
    )


def _manifest_lines(tree: Tree, manifest: Path | None) -> tuple[str, Iterator[str]] | None:
    """The manifest's name and lines, if there is one; one that is named outright may lie anywhere."""
    if manifest is not None:
        if not manifest.is_file():
            raise ValueError(f"{manifest} is not there")
        return str(manifest), open_tree(manifest.parent, manifest.parent).lines(manifest.name)
    name = next((name for name in MANIFESTS if name in tree), None)
    return (name, tree.lines(name)) if name else None
