"""A row for each recording of a tree: of the folders' names, of the files beside it, or of a manifest."""

import json
import re
from collections.abc import Generator, Iterator

from lfsc.audio.layouts import Labels, Layout, describe_labels, find_layout, is_common_voice
from lfsc.audio.manifest import Malformed, Row, parse_row
from lfsc.audio.suffixes import LOSSY, sample_keys, without_suffix
from lfsc.io.messages import say_count

from .archives import Tree
from .parts import Parts, kind_of_path
from .transcripts import TextFolders, Transcripts
from .utterance import UNKNOWN_SPEAKER

SECOND_MICROPHONE = re.compile(r"(.*_mic)2(\.\w+)")


def of_recordings(
    tree: Tree,
    recordings: list[str],
    *,
    names: set[str],
    published: Parts,
    around: tuple[TextFolders, str] | None,
    spec: str | None,
    language: str | None,
) -> Iterator[Row | Malformed | str]:
    """A row for each recording, of its KEY.json if there is one, and of its folders.

    `around` has the texts around the archive that the tree is, and where it is among them.
    """
    recordings = yield from choose_recordings(tree, recordings, published)
    keys = sample_keys(recordings)
    sidecars = {name: sidecar for name in recordings if (sidecar := find_sidecar(name, names, keys))}
    bare = [name for name in recordings if name not in sidecars]
    if is_common_voice(bare) and spec is None:
        raise ValueError(
            f"{tree.name} is Common Voice, whose tables name the speakers: python -m data_prep common_voice"
        )
    if sidecars:
        total = say_count(len(recordings), "recording")
        yield f"{len(sidecars)} of {total} with a .json beside it, which says what it knows"
    layout = find_layout(bare, root=tree.name, spec=spec, language_given=language is not None) if bare else None
    if layout is not None:
        yield describe_labels(layout.name, [layout.labels(name) for name in bare], language=language)
    transcripts = Transcripts(layout.corpus if layout else "", tree, names, *(around or ()))
    for name, sidecar in sidecars.items():
        yield row_of_sidecar(tree, name, sidecar, spec, transcripts)
    if layout is not None:
        yield from rows_of_layout(layout, bare, transcripts)
    yield from transcripts.describe_found()


def choose_recordings(tree: Tree, recordings: list[str], published: Parts) -> Generator[str, None, list[str]]:
    """Sentences on those that are left out, and then those that are not."""
    if published.found:
        recordings = leave_out_linked(tree, recordings)
    kept = [name for name in recordings if not published.leaves_out(kind_of_path(f"{tree.name}/{name}"))]
    if len(kept) < len(recordings):
        left_out = say_count(len(recordings) - len(kept), "recording")
        yield f"left out: {left_out} of its test parts, which are for evaluation (give them alone)"
        recordings = kept
    repeated = find_repeated(recordings)
    if repeated:
        recordings = [name for name in recordings if name not in repeated]
        left_out = say_count(len(repeated), "recording")
        yield f"left out: {left_out} of which another file has the name but for the suffix, such as {min(repeated)}"
    return recordings


def leave_out_linked(tree: Tree, recordings: list[str]) -> list[str]:
    """All but those outside of the parts of a corpus that are linked from one, as THCHS-30 has them."""
    outside = {name for name in recordings if kind_of_path(f"{tree.name}/{name}") is None}
    if not outside or len(outside) == len(recordings):
        return recordings
    linked = {tree.identify(name) for name in recordings if name not in outside}
    return [name for name in recordings if name not in outside or tree.identify(name) not in linked]


def find_repeated(recordings: list[str]) -> set[str]:
    """Recordings that are there in several formats, without the best file of each: the first that is lossless."""
    best: dict[str, str] = {}
    for name in sorted(recordings, key=lambda name: name.lower().endswith(LOSSY)):
        best.setdefault(without_suffix(name), name)
    return set(recordings) - set(best.values())


def rows_of_layout(layout: Layout, names: list[str], transcripts: Transcripts) -> Iterator[Row | Malformed | str]:
    """A row for each recording, of its path, and of what a known corpus brings beside it."""
    kept = names
    if layout.corpus == "VCTK":
        there = set(names)
        kept = [name for name in names if name_of_first_microphone(name) not in there]
        if kept != names:
            left_out = say_count(len(names) - len(kept), "recording")
            yield f"left out: {left_out} of the second microphone, as the speech is the same"
    for name in kept:
        labels = layout.labels(name)
        if labels is None:
            yield Malformed(name, f"its path is not like the others': {layout.name}")
            continue
        entry = transcripts.find(name)
        language, speaker = entry.language or labels.language, entry.speaker or labels.speaker
        yield Row(name, language, speaker, entry.text, split=entry.split)


def name_of_first_microphone(name: str) -> str | None:
    """The recording of the same speech by VCTK's first microphone."""
    second = SECOND_MICROPHONE.fullmatch(name)
    return f"{second[1]}1{second[2]}" if second else None


def find_sidecar(name: str, names: set[str], keys: dict[str, str]) -> str | None:
    sidecars = (f"{stem}.json" for stem in (name.rpartition(".")[0], keys.get(without_suffix(name))))
    return next(filter(names.__contains__, sidecars), None)


def row_of_sidecar(tree: Tree, name: str, sidecar: str, spec: str | None, transcripts: Transcripts) -> Row | Malformed:
    try:
        content = json.loads("".join(tree.lines(sidecar)))
        row = parse_row(content, path=name) if isinstance(content, dict) else Row(name)
    except (ValueError, RecursionError) as error:
        return Malformed(sidecar, str(error))
    if row.text is None:
        entry = transcripts.find(name)
        row = row._replace(text=entry.text, split=row.split or entry.split)
        row = with_labels(row, Labels(entry.language, entry.speaker))
    return with_labels(row, labels_of(name, tree, spec))


def of_manifest(
    manifest: str, rows: Iterator[Row | Malformed], tree: Tree, *, spec: str | None, language: str | None
) -> Iterator[Row | Malformed | str]:
    """Rows of a manifest, with what the folders of their paths say where they say nothing themselves.

    `language` is that of rows for which neither names one, for the sentence on the first row only.
    """
    count = without_speaker = 0
    for row in rows:
        if isinstance(row, Row):
            row = with_labels(row, labels_of(row.path, tree, spec))
            if not count:
                first = f"language {row.language or language or 'not known'}, speaker {row.speaker or 'not known'}"
                yield f"understood by {manifest}: first {row.path}, {first}"
            count, without_speaker = count + 1, without_speaker + (not row.speaker)
        yield row
    if without_speaker:
        nameless = say_count(without_speaker, "recording")
        yield f"{nameless} without a speaker, also by the folders: of one speaker, {UNKNOWN_SPEAKER}"


def labels_of(name: str, tree: Tree, spec: str | None) -> Labels:
    """What the folders of one recording say; nothing where they are not clear."""
    try:
        return find_layout([name], root=tree.name, spec=spec).labels(name) or Labels()
    except ValueError:
        if spec is not None:
            raise
        return Labels()


def with_labels(row: Row, labels: Labels) -> Row:
    return row._replace(
        language=labels.language if row.language is None else row.language,
        speaker=labels.speaker if row.speaker is None else row.speaker,
    )
