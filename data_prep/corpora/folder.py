"""Any tree of recordings; who speaks which language says a manifest, or the folders `<language>/<speaker>/…`."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lfsc.audio.manifest import MANIFESTS, parse_rows
from lfsc.audio.suffixes import SUFFIXES

from .archives import Tree, open_tree
from .keys import key_of, label
from .utterance import File, Rejection, Utterance

UNKNOWN_LANGUAGE, UNKNOWN_SPEAKER = "und", "unknown"


def utterances(
    scratch: Path, *, sources: list[Path], manifest: Path | None, language: str | None
) -> Iterator[Utterance | Rejection]:
    """Every recording in `sources`, or every row of a manifest; what a row leaves open, its folders say."""
    for source in sources:
        tree = open_tree(source, scratch)
        lines = _manifest_lines(tree, manifest)
        rows = parse_rows(*lines) if lines else _recordings(tree, source)
        for name, row in rows:
            if isinstance(row, str):
                yield Rejection.malformed(name, language or UNKNOWN_LANGUAGE, row)
                continue
            folders = PurePosixPath(name).parts[:-1]
            # `language/speaker/…/file`, or `speaker/file` in a language that is given.
            spoken, speaker = folders[:2] if len(folders) > 1 else (None, folders[0] if folders else None)
            yield Utterance(
                key=key_of(name if len(sources) == 1 else f"{source.name}/{name}"),
                source=File(name) if name.startswith("/") else tree.file(name),
                language=label(row.get("language") or language or spoken or UNKNOWN_LANGUAGE),
                speaker=label(str(row.get("speaker") or speaker or UNKNOWN_SPEAKER)),
                text=row.get("text") or None,
            )


def _recordings(tree: Tree, source: Path) -> Iterator[tuple[str, dict]]:
    names = [name for name in tree.names() if name.lower().endswith(SUFFIXES)]
    if not names:
        raise ValueError(f"{source} holds no {', '.join(SUFFIXES)} files")
    return ((name, {}) for name in names)


def _manifest_lines(tree: Tree, manifest: Path | None) -> tuple[str, Iterator[str]] | None:
    """The manifest's name and lines, if there is one; one that is named outright may lie anywhere."""
    if manifest is not None:
        if not manifest.is_file():
            raise ValueError(f"{manifest} is not there")
        return str(manifest), open_tree(manifest.parent, manifest.parent).lines(manifest.name)
    name = next((name for name in MANIFESTS if name in tree), None)
    return (name, tree.lines(name)) if name else None
