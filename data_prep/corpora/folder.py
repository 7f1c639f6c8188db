"""Any tree of recordings; a manifest says who speaks which language, or files beside them, or the folders' names."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lfsc.audio.languages import is_language
from lfsc.audio.manifest import Malformed, Row
from lfsc.audio.suffixes import SUFFIXES, describe_not_read, is_recording
from lfsc.io.messages import as_word, describe, printable, say_count

from . import archives, kaldi, stm
from .archives import Archive, Folder, Tree, explain_left_out, open_tree, reject_left_out
from .keys import key_of
from .lhotse import Shar
from .manifests import Listed, describe_lists, find_manifest, find_tarred, open_manifests
from .parts import SPLITS, Parts, kind_of_path, kind_of_word
from .rows import of_manifest, of_recordings
from .tarred import TarredDataset
from .transcripts import TextFolders, describe_timed
from .utterance import UNKNOWN_LANGUAGE, File, Rejection, Utterance


class Asked(NamedTuple):
    """What the command says of the recordings: the lists, the language, what the folders are."""

    manifests: list[Path]
    language: str | None
    layout: str | None


class Source(NamedTuple):
    """A folder or an archive, its files, the tars that lists may name, and what goes for all recordings of a run."""

    path: Path
    tree: Tree
    tars: TarredDataset
    scratch: Path
    published: Parts
    asked: Asked

    @property
    def language(self) -> str:
        """That of what is rejected before anything says another."""
        return self.asked.language or UNKNOWN_LANGUAGE


def utterances(
    scratch: Path,
    *,
    sources: list[Path],
    manifests: list[Path] | None = None,
    language: str | None = None,
    layout: str | None = None,
) -> Iterator[Utterance | Rejection | str]:
    """Every recording in `sources`, or every row of the manifests; what a row leaves open, its folders say.

    Sentences on what was understood come first.
    """
    implausible: set[str] = set()
    asked = Asked(manifests or [], language, layout)
    trees = [open_tree(source, scratch) for source in sources]
    published = find_parts(trees)
    for path, tree in zip(sources, trees, strict=True):
        prefix = "" if len(sources) == 1 else f"{path.name}/"
        source = Source(path, tree, TarredDataset(path, scratch), scratch, published, asked)
        for item in find_in_source(source):
            if isinstance(item, Malformed):
                yield Rejection.malformed(printable(item.place), source.language, item.reason)
                continue
            if not isinstance(item, RowInTree):
                yield item
                continue
            utterance = make_utterance(item, source, prefix)
            named = item.row.language or source.language
            if utterance.language not in implausible and not is_language(named):
                implausible.add(utterance.language)
                yield f"warning: {named} is no language that is known here, as of {item.row.path}"
            yield utterance


class RowInTree(NamedTuple):
    """A row, the tree that its path is in, and the folders around that tree."""

    row: Row
    tree: Tree
    prefix: str = ""


Item = RowInTree | Malformed | Rejection | str


def find_parts(trees: Iterable[Tree]) -> Parts:
    """Those that all recordings and archives of a run are of."""
    return Parts(kind_of_path(f"{tree.name}/{name}") for tree in trees for name in tree.names() if may_hold_audio(name))


def find_parts_inside(source: Source, packed: list[str]) -> Parts:
    """Those that the recordings in all archives are of, if those in the first are of any, as in AISHELL-1."""
    kinds: set[str | None] = set()
    for name in packed:
        try:
            inner = Archive(source.path / name, source.scratch).names()
            kinds |= {kind_of_path(recording) for recording in inner if is_recording(recording)} - {None}
        except (ValueError, OSError):
            # It is rejected when it is read.
            continue
        if not kinds:
            break
    return Parts(kinds)


def may_hold_audio(name: str) -> bool:
    return is_recording(name) or name.lower().endswith((*archives.SUFFIXES, kaldi.RECORDINGS))


def find_in_source(source: Source) -> Iterator[Item]:
    """What is in a source: the rows of its manifest, its recordings, or those in the archives that it holds."""
    tree = source.tree
    if source.asked.manifests:
        lists = open_manifests(source.asked.manifests, source.path)
        splits = Parts(listed.kind for listed in lists)
        for listed in lists:
            yield from find_in_list(source, listed, splits.split(listed.kind))
        return
    if manifest := find_manifest(tree):
        yield from find_in_list(source, manifest)
        return
    names = list(tree.names())
    yield from reject_left_out(tree, source.language)
    if lists := kaldi.find_data_folders(tree, names):
        yield from find_in_parts(source, lists)
        return
    if lists := find_tarred(tree, names) or stm.find_lists(tree, names):
        if others := stm.find_unlisted(names):
            yield f"not read: {say_count(len(others), 'recording')} that no list names, such as {others[0]}"
        yield from find_in_parts(source, lists)
        return
    if (shar := Shar.find(names)).lists:
        if not isinstance(tree, Folder):
            raise ValueError(f"{source.path} holds lhotse's Shar, whose tars are not read inside of another: unpack it")
        yield f"lhotse's Shar: {say_count(len(shar.lists), 'list')} of cuts, each with a tar"
        yield from find_in_list(source, Listed(shar.lists[0], shar.rows(tree, source.tars)))
        return
    recordings = [name for name in names if is_recording(name)]
    packed = [name for name in names if archives.is_archive(name)]
    if not recordings and packed and isinstance(tree, Folder):
        yield from find_in_archives(source, names, packed)
        return
    if not recordings:
        raise ValueError(f"{source.path} holds no {', '.join(SUFFIXES)} files{explain_none(source, names, packed)}")
    if note := describe_lists(tree, names, source.path):
        yield note
    if packed:
        yield f"not read: {say_count(len(packed), 'archive')}, such as {packed[0]}; only the recordings beside"
    yield from find_in_tree(source, names)


def find_in_archives(source: Source, names: list[str], packed: list[str]) -> Iterator[Item]:
    """The recordings in the archives of a folder, one after the other, with the texts around them."""
    yield f"{say_count(len(packed), 'archive')}, such as {packed[0]}"
    if not source.published.found:
        source = source._replace(published=find_parts_inside(source, packed))
    texts = TextFolders(source.tree, names, packed)
    for number, name in enumerate(packed):
        yield from find_in_archive(source, name, texts, brief=number > 0)
    if texts.unread:
        yield f"not read: {say_count(len(texts.unread), 'text')}, such as {texts.unread[0]}"


def explain_none(source: Source, names: list[str], packed: list[str]) -> str:
    """What is there in the place of recordings, and what reads it, to follow a sentence; "" where nothing is known."""
    if tables := [name for name in names if name.endswith((".parquet", ".arrow"))]:
        return f"; but {tables[0]}: python -m data_prep huggingface reads such files"
    if packed:
        return f"; but {say_count(len(packed), 'archive')}, such as {packed[0]}: unpack {source.path.name}"
    if source.path.is_dir() and (lists := sorted(name for name in names if name.endswith((".jsonl", ".jsonl.gz")))):
        return f"; of recordings elsewhere, a list is read by --manifest, such as {as_word(source.path / lists[0])}"
    if not_read := describe_not_read(names):
        return f"; {not_read}"
    if source.tree.left_out or not names:
        return explain_left_out(source.tree)
    kinds = Counter(PurePosixPath(name).suffix or "without suffix" for name in names).most_common(3)
    return f"; but {', '.join(f'{count} {kind}' for kind, count in kinds)}, such as {names[0]}"


def find_in_parts(source: Source, lists: list[Listed]) -> Iterator[Item]:
    """The rows of several lists, whose folders may be parts; what is wrong with one costs no other."""
    for listed in lists:
        folder = PurePosixPath(source.tree.name, listed.name).parent
        kind = kind_of_path(f"{folder}")
        if source.published.leaves_out(kind):
            yield f"left out: {folder}, which is for evaluation (give it alone)"
            continue
        try:
            yield from find_in_list(source, listed, source.published.split(kind))
        except ValueError as error:
            yield Malformed(listed.name, str(error))


def find_in_list(source: Source, listed: Listed, split: str | None = None) -> Iterator[Item]:
    """The rows of a list, of the split, or of those that they name."""
    asked = source.asked
    rows = of_manifest(listed.name, listed.rows, source.tree, spec=asked.layout, language=asked.language)
    for item in settle_splits(rows, lambda _: split):
        yield RowInTree(item, source.tree) if isinstance(item, Row) else item


def find_in_archive(source: Source, name: str, texts: TextFolders, *, brief: bool) -> Iterator[Item]:
    """The recordings in an archive among others; only the one that is damaged is rejected."""
    try:
        archive = Archive(source.path / name, source.scratch)
        names = list(archive.names())
        yield from reject_left_out(archive, source.language)
        # Samples of different archives may have the same names, and folders around them say what all are.
        archive.name = PurePosixPath(name).with_name(archive.name).as_posix()
        language = next(filter(is_language, PurePosixPath(name).parts[:-1]), source.asked.language)
        inner = source._replace(tree=archive, asked=source.asked._replace(language=language))
        for item in find_in_tree(inner, names, (texts, name), brief=brief):
            if isinstance(item, RowInTree):
                row = item.row._replace(language=item.row.language or language)
                item = item._replace(row=row, prefix=f"{archive.name}/")
            yield item
    except (ValueError, OSError) as error:
        yield Malformed(name, describe(error))


def find_in_tree(
    source: Source, names: list[str], around: tuple[TextFolders, str] | None = None, *, brief: bool = False
) -> Iterator[Item]:
    """The recordings of a tree, and sentences on it; if `brief`, only what is left out."""
    tree, published, asked = source.tree, source.published, source.asked
    for describe_names in (describe_not_read, describe_timed):
        if not_read := describe_names(names):
            yield not_read
    rows = of_recordings(
        tree,
        [name for name in names if is_recording(name)],
        names=set(names),
        published=published,
        around=around,
        spec=asked.layout,
        language=asked.language,
    )
    for item in settle_splits(rows, lambda row: published.split(kind_of_path(f"{tree.name}/{row.path}"))):
        if isinstance(item, Row):
            yield RowInTree(item, tree)
        elif not (brief and isinstance(item, str)):
            yield item


def settle_splits(
    items: Iterator[Row | Malformed | str], published: Callable[[Row], str | None]
) -> Iterator[Row | Malformed | str]:
    """Rows with the split that is `published` for them, or else that of the part they name; those of tests stay out."""
    num_tests = 0
    for item in items:
        if isinstance(item, Row):
            kind = kind_of_word(item.split or "")
            if kind == "test":
                num_tests += 1
                continue
            item = item._replace(split=published(item) or SPLITS.get(kind or ""))
        yield item
    if num_tests:
        yield f"left out: {say_count(num_tests, 'recording')} of test splits by their lists, which are for evaluation"


def make_utterance(found: RowInTree, source: Source, prefix: str) -> Utterance | Rejection:
    row, asked = found.row, source.asked
    try:
        file = find_file(row, found.tree, source.tars, asked.manifests)
    # Of the system for a name that is longer than a file's may be, or a folder that may not be looked into.
    except (ValueError, OSError) as error:
        return Rejection.malformed(key_of(prefix + row.name), source.language, describe(error))
    return Utterance.of_row(row, file, prefix=prefix + found.prefix, language=asked.language)


def find_file(row: Row, tree: Tree, tars: TarredDataset, manifests: list[Path]) -> File:
    """A path is taken from the tree on, or else from the folder of a manifest that was named outright."""
    if row.archive is not None and kaldi.ARK.fullmatch(row.archive):
        return kaldi.file_in_ark(tree, row.archive)
    if row.archive is not None:
        return tars.file(row.archive, row.path)
    if row.path.startswith("/"):
        return File(row.path)
    if (manifests or "\\" in row.path or not row.path.isascii()) and row.path not in tree:
        # Where a list was copied between systems, letters with marks may be one character or two, and slashes turned.
        path = row.path.replace("\\", "/")
        paths = [row.path, path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD"))]
        for path in paths:
            if path in tree:
                return tree.file(path)
        besides = (manifest.parent / path for manifest in manifests for path in paths)
        if beside := next(filter(Path.is_file, besides), None):
            return File(str(beside))
    return tree.file(row.path)
