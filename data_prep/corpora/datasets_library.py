"""Tables of audio by the library datasets, which is told what to read and never finds it out: it runs nothing."""

from pathlib import Path
from typing import Any, NamedTuple

from lfsc.audio.manifest import LANGUAGE, SPEAKER, TEXT
from lfsc.io.messages import describe

# Earlier versions run the Python script of a data set.
OLDEST = 4
# How datasets' own save_to_disk marks what it has written.
SAVED = ("dataset_dict.json", "state.json")


class Table(NamedTuple):
    """A file of rows, with the column of audio and those of labels; audio is the bytes of its file."""

    rows: Any  # datasets.IterableDataset
    column: str
    names: dict[str, Any]  # of columns whose numbers stand for names, datasets.ClassLabel

    def describe(self) -> str:
        labels = [name for name in self.rows.column_names if name != self.column]
        return f"audio in {self.column}, labels in {', '.join(labels) or 'no column'}"

    def labels(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row's labels by their columns; ValueError for a number that stands for no name."""
        # -1 stands for none, too.
        named = {
            name: None if row[name] in (None, -1) else kind.int2str(row[name]) for name, kind in self.names.items()
        }
        return {name: value for name, value in (row | named).items() if name != self.column}


def find_tables(source: Path | str, *, config: str | None, revision: str | None) -> dict[str, list[str]]:
    """The files of each split, of a folder or of a data set of the hub; ValueError where there are none."""
    datasets = import_datasets()
    if isinstance(source, Path) and any((source / name).is_file() for name in SAVED):
        return find_saved(source)
    if isinstance(source, Path) and not source.is_dir():
        raise ValueError(f"{source} is not there: expected a folder, or a data set of the hub such as owner/name")
    from datasets.packaged_modules.arrow.arrow import Arrow
    from datasets.packaged_modules.parquet.parquet import Parquet

    try:
        builder = datasets.load_dataset_builder(str(source), config, revision=revision)
    except ConnectionError as error:
        raise ValueError(
            f"{source} is no folder here, and nothing came from the hub ({describe(error)}): "
            "download it where there is a network, and give the folder"
        ) from error
    # A README.md of its own making may fail anywhere.
    except Exception as error:
        raise ValueError(f"{source} cannot be read as a data set: {describe(error)}") from error
    if not isinstance(builder, Parquet | Arrow):
        kind = type(builder).__mro__[1].__name__.lower()
        raise ValueError(
            f"{source} holds no parquet or arrow files (but {kind}): python -m data_prep folder reads others"
        )
    files = {str(split): [str(file) for file in found] for split, found in builder.config.data_files.items()}
    require_own(source, [file for found in files.values() for file in found])
    return files


def open_table(place: str, column: str | None) -> Table:
    """One file; ValueError where it has no column of audio."""
    datasets = import_datasets()
    kind = "arrow" if place.endswith(".arrow") else "parquet"
    try:
        rows = datasets.load_dataset(kind, data_files=[place], split="train", streaming=True)
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{place} cannot be read: {describe(error)}") from error
    column = find_audio_column(rows.features, column, place)
    labels = [name for name in rows.features if name in (*LANGUAGE, *SPEAKER, *TEXT)]
    names = {name: rows.features[name] for name in labels if isinstance(rows.features[name], datasets.ClassLabel)}
    return Table(rows.select_columns([column, *labels]).decode(False), column, names)


def import_datasets() -> Any:
    """The library, quiet; ValueError where it is absent, or so old that it would run what a data set brings."""
    try:
        import datasets
        import huggingface_hub
    except ModuleNotFoundError as error:
        raise ValueError("data sets of Hugging Face need the library datasets: pip install 'lfsc[datasets]'") from error
    if int(datasets.__version__.partition(".")[0]) < OLDEST:
        raise ValueError(f"datasets {datasets.__version__} runs scripts of data sets: pip install 'lfsc[datasets]'")
    datasets.disable_progress_bars()
    huggingface_hub.utils.logging.set_verbosity_error()
    return datasets


def find_saved(folder: Path) -> dict[str, list[str]]:
    """The files that save_to_disk wrote: in a folder for each split, or in just one, which is then of no split."""
    is_single = (folder / "state.json").is_file()
    folders = {"all": folder} if is_single else {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()}
    listed = {name: sorted(map(str, path.glob("data-*.arrow"))) for name, path in folders.items()}
    files = {name: found for name, found in listed.items() if found}
    if not files:
        raise ValueError(f"{folder} was written by save_to_disk, but holds no data-*.arrow")
    require_own(folder, [file for found in files.values() for file in found])
    return files


def require_own(source: Path | str, files: list[str]) -> None:
    """The description of a data set may name any file, also in a network."""
    for file in files:
        if isinstance(source, Path):
            own = "://" not in file and Path(file).resolve().is_relative_to(source.resolve())
        else:
            own = file.startswith(f"hf://datasets/{source}@")
        if not own:
            raise ValueError(f"{source} names a file elsewhere, which is not read: {file}")


def find_audio_column(features: Any, wanted: str | None, place: str) -> str:
    from datasets import Audio

    there = ", ".join(f"{name} ({describe_kind(feature)})" for name, feature in features.items())
    embedded = {name for name, feature in features.items() if isinstance(feature, Audio) or is_audio_file(feature)}
    if wanted is not None:
        if wanted not in features:
            raise ValueError(f"{place} has no column {wanted!r}, only {there}")
        if wanted not in embedded and not is_binary(features[wanted]):
            raise ValueError(
                f"column {wanted!r} of {place} is no audio but {describe_kind(features[wanted])}; there are {there}"
            )
        return wanted
    if len(embedded) != 1:
        found = "no column" if not embedded else f"{len(embedded)} columns"
        raise ValueError(f"{place} has {found} of audio among {there}: name it with --column")
    return embedded.pop()


def is_audio_file(feature: Any) -> bool:
    """Whether it holds a file's bytes, and maybe its path, as audio is stored by who does not say so."""
    return isinstance(feature, dict) and is_binary(feature.get("bytes"))


def is_binary(feature: Any) -> bool:
    """Whether it is bytes; polars and others write them as large ones."""
    return getattr(feature, "dtype", None) in ("binary", "large_binary")


def describe_kind(feature: Any) -> str:
    return getattr(feature, "dtype", None) or type(feature).__name__
