"""The corpora that can be read: what each is, its options, and its reader."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from ..argument_types import path, positive, share


class Kind(NamedTuple):
    """`source` says what SRC may be, None where there is none; `given` what the reader takes, by the names of options.

    The reader is `utterances` of the module of the same name, imported when it is asked for.
    """

    help: str
    source: str | None
    add_options: Callable[[ArgumentParser], None]
    given: dict[str, str]
    source_type: Callable[[str], Path | str] = path


def demo(verb: ArgumentParser) -> None:
    verb.add_argument("--languages", type=positive(int), help="how many languages; all by default")
    verb.add_argument("--minutes", type=positive(float), default=16.0, help="of training speech in all (%(default)s)")


def folder(verb: ArgumentParser) -> None:
    verb.add_argument(
        "--manifest",
        type=path,
        action="append",
        help="jsonl, csv or tsv with path (relative to SRC), language, speaker, text; may be given several times",
    )
    verb.add_argument("--language", help="of recordings whose manifest names none")
    verb.add_argument("--layout", help="what the folders are, such as language/speaker/* or corpus/speaker/*")
    validation(verb)


def validation(verb: ArgumentParser) -> None:
    """Options of corpora that bring no splits of their own."""
    verb.add_argument("--val-share", type=share, default=0.05, help="fraction of each language (%(default)s)")
    verb.add_argument(
        "--validate-on-trained-speakers",
        action="store_true",
        help="languages of one speaker: validate on recordings of that speaker, which are held out of training",
    )


def huggingface(verb: ArgumentParser) -> None:
    verb.add_argument("--config", help="of the data set, often a language")
    verb.add_argument("--split", nargs="+", help="those to read; all by default, but for test where there is train")
    verb.add_argument("--column", help="that holds the audio")
    verb.add_argument("--revision", help="of a data set of the hub")
    verb.add_argument("--language", help="of rows that name none")
    validation(verb)


def folder_or_name(text: str) -> Path | str:
    """A folder, or a data set of the hub."""
    return text if re.fullmatch(r"[\w.-]+/[\w.-]+", text) and not Path(text).exists() else path(text)


def mls(verb: ArgumentParser) -> None:
    verb.add_argument("--limited", choices=("1hr", "9hr", "10hr"), help="only this limited-supervision part of train")


def common_voice(verb: ArgumentParser) -> None:
    verb.add_argument(
        "--clips", choices=("official", "validated"), default="official", help="train.tsv, or validated.tsv"
    )


def daps(verb: ArgumentParser) -> None:
    verb.set_defaults(max_seconds=15.0)


SOURCES = {"sources": "source"}
CORPORA = {
    "demo": Kind(
        "digits, numbers and dates in a hundred languages, synthesized by espeak-ng",
        None,
        demo,
        {"num_languages": "languages", "minutes": "minutes", "seed": "seed"},
    ),
    "folder": Kind(
        "any tree of recordings: language/speaker/…, or with a manifest",
        "folder or tar",
        folder,
        SOURCES | {"manifests": "manifest", "language": "language", "layout": "layout"},
    ),
    "huggingface": Kind(
        "a data set in parquet or arrow files, of a folder or of the Hugging Face hub",
        "folder, or owner/name of the hub",
        huggingface,
        SOURCES | {"splits": "split"} | {name: name for name in ("config", "column", "revision", "language")},
        folder_or_name,
    ),
    "mls": Kind(
        "Multilingual LibriSpeech, FLAC or Opus",
        "mls_german, its .tar.gz, or a folder that holds them",
        mls,
        SOURCES | {"limited": "limited"},
    ),
    "common_voice": Kind(
        "Common Voice, every language found",
        "release, its .tar.gz, or a folder that holds them",
        common_voice,
        SOURCES | {"clips": "clips"},
    ),
    "daps": Kind("DAPS, the clean recordings cut at silences", "daps or daps.tar.gz", daps, SOURCES),
}


def reader(options: Namespace) -> partial:
    """What yields the utterances of the corpus that the options name, given a folder for scratch."""
    utterances = import_module(f"{__package__}.{options.verb}").utterances
    given = {name: getattr(options, option) for name, option in CORPORA[options.verb].given.items()}
    return partial(utterances, **given)
