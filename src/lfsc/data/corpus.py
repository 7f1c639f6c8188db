"""A corpus on disk: what its index says it holds, and whether that is there."""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from megatron.energon.epathlib import EPath

from lfsc.data import storage
from lfsc.distributed import is_first
from lfsc.io import safe_yaml
from lfsc.shards import index
from lfsc.shards.checks import ENERGON_TYPE, require_crude
from lfsc.shards.index import Corpus, Dataset, Shard

logger = logging.getLogger(__name__)


def read_corpus(path: str, *, sample_rate: int) -> Corpus:
    """The index of `path` (a folder or msc://profile/folder); ValueError if it is absent, damaged, of another rate."""
    corpus = index.parse(read_index(path), path=str(path))
    if not isinstance(corpus, Corpus):
        raise ValueError(f"{path} holds what lfsc tokenize or detokenize wrote: expected shards that data_prep wrote")
    if corpus.sample_rate != sample_rate:
        raise ValueError(
            f"{path} holds audio at {corpus.sample_rate} Hz, the model is for {sample_rate} Hz: prepare it at that rate"
        )
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(partial(check_folder, storage.locate(path)), {dataset.path for dataset in corpus.datasets}))
    return corpus


def check_folder(root: EPath, folder: str) -> None:
    path = root / folder / ENERGON_TYPE
    storage.require_inside(root, [path])
    try:
        content = storage.read_range(path, 0, safe_yaml.MAX_BYTES + 1)
    except FileNotFoundError:
        return
    require_crude(content, str(path))


def drop_missing(datasets: list[Dataset], *, path: str, max_missing_fraction: float) -> list[Dataset]:
    """The datasets without the shards that are missing or cut off; a warning names each of these.

    ValueError if those hold more than `max_missing_fraction` of the clips.
    """
    places = [(dataset, shard) for dataset in datasets for shard in dataset.shards]
    root = storage.locate(path)
    with ThreadPoolExecutor(16) as threads:
        faults = list(threads.map(lambda place: find_fault(root, root / place[0].path, place[1]), places))
    faulty = {(d.path, s.name): fault for (d, s), fault in zip(places, faults, strict=True) if fault}
    lost = sum(shard.samples for dataset, shard in places if (dataset.path, shard.name) in faulty)
    total = sum(shard.samples for _, shard in places)
    if lost > max_missing_fraction * total:
        first, more = next(iter(faulty.values())), f" ({len(faulty) - 1} more like it)" if len(faulty) > 1 else ""
        raise ValueError(
            f"{first}{more}: {lost} of {total} clips are lost, over max_skipped_fraction={max_missing_fraction}; "
            f"copy {path} again or prepare it again"
        )
    for fault in faulty.values() if is_first() else ():
        logger.warning("skipped: %s", fault)
    whole = [d._replace(shards=[s for s in d.shards if (d.path, s.name) not in faulty]) for d in datasets]
    return [dataset for dataset in whole if dataset.samples]


def find_fault(root: EPath, folder: EPath, shard: Shard) -> str | None:
    path = folder / shard.name
    storage.require_inside(root, [path, path.with_suffix(".tar.idx")])
    try:
        found = storage.size(path)
    except FileNotFoundError:
        return f"{path} is missing"
    return None if found == shard.bytes else f"{path} has {found} bytes, the index says {shard.bytes}"


def read_index(path: str) -> bytes:
    folder = storage.locate(path)
    storage.require_inside(folder, [folder / index.NAME])
    try:
        return storage.read(folder / index.NAME)
    except NotADirectoryError:
        raise ValueError(f"{path} is a file: expected a folder that data_prep wrote") from None
    except FileNotFoundError:
        with storage.storage_errors(folder):
            unfinished = next(folder.glob("*/*/*.tar"), None) is not None
        if unfinished:
            reason = "its preparation was not finished: run the same `python -m data_prep` command again"
        else:
            reason = "make it with `python -m data_prep folder RECORDINGS DATA`, or give data.path=…"
        raise ValueError(f"{path} has no index.json; {reason}") from None
