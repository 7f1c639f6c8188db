"""Any tree of recordings; a manifest says who speaks which language, or files beside them, or the folders' names."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lfsc.audio.languages import is_language
from lfsc.audio.manifest import MANIFESTS, PATH, Malformed, Row, parse_rows
from lfsc.audio.suffixes import SUFFIXES, describe_not_read, is_recording
from lfsc.audio.tables import read_lines
from lfsc.io.messages import as_word, describe, printable, say_count

from . import archives, kaldi, lhotse, tarred
from .archives import Archive, Folder, Tree, open_tree
from .keys import key_of
from .lhotse import Shar
from .parts import Parts, kind_of_path
from .rows import of_manifest, of_recordings
from .tarred import TarredDataset
from .utterance import UNKNOWN_LANGUAGE, File, Rejection, Utterance

# What may be a list of recordings, and what ends a name of a field in its first line.
LIST = re.compile(r"[^/]+\.(jsonl|csv|tsv)(\.gz)?|[^/]*manifest[^/]*\.json(\.gz)?")
END_OF_NAME = re.compile(r'[,;\t]|"\s*:')


class Asked(NamedTuple):
    """What the command says of the recordings: the list, the language, what the folders are."""

    manifest: Path | None
    language: str | None
    layout: str | None


def utterances(
    scratch: Path, *, sources: list[Path], manifest: Path | None, language: str | None, layout: str | None = None
) -> Iterator[Utterance | Rejection | str]:
    """Every recording in `sources`, or every row of a manifest; what a row leaves open, its folders say.

    Sentences on what was understood come first.
    """
    implausible: set[str] = set()
    asked = Asked(manifest, language, layout)
    trees = [open_tree(source, scratch) for source in sources]
    published = find_parts(trees)
    for source, tree in zip(sources, trees, strict=True):
        prefix = "" if len(sources) == 1 else f"{source.name}/"
        tars = TarredDataset(source, scratch)
        for item in find_in_source(tree, source, scratch, tars, published, asked):
            if isinstance(item, Malformed):
                yield Rejection.malformed(printable(item.place), language or UNKNOWN_LANGUAGE, item.reason)
                continue
            if not isinstance(item, Found):
                yield item
                continue
            utterance = make_utterance(item, tars, asked, prefix)
            if utterance.language not in implausible and not is_language(
                item.row.language or language or UNKNOWN_LANGUAGE
            ):
                implausible.add(utterance.language)
                said = item.row.language or language
                yield f"warning: {said} is no language that is known here, as of {item.row.path}"
            yield utterance


class Found(NamedTuple):
    """A row, the tree that its path is in, and the folders around that tree."""

    row: Row
    tree: Tree
    prefix: str = ""


Item = Found | Malformed | Rejection | str


def find_parts(trees: Iterable[Tree]) -> Parts:
    """Those that all recordings and archives of a run are of."""
    return Parts(kind_of_path(f"{tree.name}/{name}") for tree in trees for name in tree.names() if may_hold_audio(name))


def may_hold_audio(name: str) -> bool:
    return is_recording(name) or name.lower().endswith((*archives.SUFFIXES, kaldi.RECORDINGS))


def find_in_source(
    tree: Tree, source: Path, scratch: Path, tars: TarredDataset, published: Parts, asked: Asked
) -> Iterator[Item]:
    """What is in a source: the rows of its manifest, its recordings, or those in the archives that it holds."""
    listed = read_rows(tree, source, asked.manifest)
    if listed is not None:
        yield from find_in_list(*listed, tree, asked)
        return
    names = list(tree.names())
    if folders := kaldi.find_data_folders(names):
        yield from find_in_kaldi(tree, folders, published, asked)
        return
    if (shar := Shar.find(names)).lists:
        if not isinstance(tree, Folder):
            raise ValueError(f"{source} holds lhotse's Shar, whose tars are not read inside of another: unpack it")
        yield f"lhotse's Shar: {say_count(len(shar.lists), 'list')} of cuts, each with a tar"
        yield from find_in_list(shar.lists[0], shar.rows(tree, tars), tree, asked)
        return
    recordings = [name for name in names if is_recording(name)]
    suffixes = (*archives.SUFFIXES, *archives.NOT_READ)
    packed = [name for name in names if name.lower().endswith(suffixes)]
    if not recordings and packed and isinstance(tree, Folder):
        yield f"{say_count(len(packed), 'archive')}, such as {packed[0]}"
        for number, name in enumerate(packed):
            yield from find_in_archive(source / name, name, scratch, published, asked, brief=number > 0)
        return
    for name in filter(LIST.fullmatch, names):
        if names_recordings(tree, name):
            yield f"not read: {name}, which may say more of the recordings: --manifest {as_word(source / name)}"
    not_read = describe_not_read(names)
    if not recordings:
        raise ValueError(f"{source} holds no {', '.join(SUFFIXES)} files{f'; {not_read}' if not_read else ''}")
    if packed:
        yield f"not read: {say_count(len(packed), 'archive')}, such as {packed[0]}; only the recordings beside"
    yield from find_in_tree(tree, names, published, asked, brief=False)


def names_recordings(tree: Tree, name: str) -> bool:
    """Whether the first line of a list has what stands before, or over, the paths of recordings."""
    try:
        names = END_OF_NAME.split(next(tree.lines(name), ""))
        return any(name.strip(' "{[\r\n') in PATH for name in names)
    except (ValueError, OSError):
        return False


def find_in_kaldi(tree: Tree, folders: list[PurePosixPath], published: Parts, asked: Asked) -> Iterator[Item]:
    for folder in folders:
        if published.leaves_out(kind_of_path(f"{tree.name}/{folder}")):
            yield f"left out: {tree.name}/{folder}, which is for evaluation"
            continue
        name = f"{folder / kaldi.RECORDINGS}"
        try:
            yield from find_in_list(name, kaldi.rows_of_kaldi(tree, folder), tree, asked)
        except ValueError as error:
            yield Malformed(name, str(error))


def find_in_list(name: str, rows: Iterator[Row | Malformed], tree: Tree, asked: Asked) -> Iterator[Item]:
    for item in of_manifest(name, rows, tree, spec=asked.layout, language=asked.language):
        yield Found(item, tree) if isinstance(item, Row) else item


def find_in_archive(
    path: Path, name: str, scratch: Path, published: Parts, asked: Asked, *, brief: bool
) -> Iterator[Item]:
    """The recordings in an archive among others; only the one that is damaged is rejected."""
    try:
        archive = Archive(path, scratch)
        names = list(archive.names())
        # Samples of different archives may have the same names, and folders around them say what all are.
        archive.name = PurePosixPath(name).with_name(archive.name).as_posix()
        language = next(filter(is_language, PurePosixPath(name).parts[:-1]), asked.language)
        for item in find_in_tree(archive, names, published, asked._replace(language=language), brief=brief):
            if isinstance(item, Found):
                row = item.row._replace(language=item.row.language or language)
                item = item._replace(row=row, prefix=f"{archive.name}/")
            yield item
    except (ValueError, OSError) as error:
        yield Malformed(name, describe(error))


def find_in_tree(tree: Tree, names: list[str], published: Parts, asked: Asked, *, brief: bool) -> Iterator[Item]:
    """The recordings of a tree, and sentences on it; if `brief`, only what is left out."""
    recordings = [name for name in names if is_recording(name)]
    if not_read := describe_not_read(names):
        yield not_read
    for name, why in tree.left_out:
        yield Rejection(key_of(name), asked.language or UNKNOWN_LANGUAGE, "tar member", why)
    rows = of_recordings(
        tree, recordings, names=set(names), published=published, spec=asked.layout, language=asked.language
    )
    for item in rows:
        if isinstance(item, Row):
            yield Found(item, tree)
        elif not (brief and isinstance(item, str)):
            yield item


def make_utterance(found: Found, tars: TarredDataset, asked: Asked, prefix: str) -> Utterance | Rejection:
    row, tree = found.row, found.tree
    try:
        source = find_file(row, tree, tars, asked.manifest)
    # Of the system for a name that is longer than a file's may be, or a folder that may not be looked into.
    except (ValueError, OSError) as error:
        return Rejection.malformed(key_of(prefix + row.name), asked.language or UNKNOWN_LANGUAGE, describe(error))
    return Utterance.of_row(row, source, prefix=prefix + found.prefix, language=asked.language)


def find_file(row: Row, tree: Tree, tars: TarredDataset, manifest: Path | None) -> File:
    """A path is taken from the tree on, or else from the folder of a manifest that was named outright."""
    if row.archive is not None:
        return tars.file(row.archive, row.path)
    if row.path.startswith("/"):
        return File(row.path)
    if manifest is not None and row.path not in tree and (beside := manifest.parent / row.path).is_file():
        return File(str(beside))
    return tree.file(row.path)


def read_rows(tree: Tree, source: Path, manifest: Path | None) -> tuple[str, Iterator[Row | Malformed]] | None:
    """The manifest's name and rows, if there is one; one that is named outright may lie anywhere."""
    if manifest is not None:
        if not manifest.is_file():
            raise ValueError(f"{manifest} is {'a folder: expected a list' if manifest.is_dir() else 'not there'}")
        if pair := lhotse.find_pair(manifest):
            return " and ".join(map(str, pair)), lhotse.rows_of_pair(*pair)
        return str(manifest), parse_rows(str(manifest), read_lines(manifest))
    name = next((name for name in (*MANIFESTS, tarred.MANIFEST) if name in tree), None)
    return (name, parse_rows(name, tree.lines(name))) if name else None
