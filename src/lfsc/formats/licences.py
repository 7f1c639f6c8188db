"""On whose terms a codec may be used: statements of its code, its weights, and the data that they were trained on."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from lfsc.formats.source import NEMO, Source
from lfsc.shards import index
from lfsc.shards.index import Corpus

SUBJECTS = ("code", "weights", "data")
UNSTATED = {
    "code": "lfsc, Apache-2.0",
    "weights": "not stated; ask whoever trained them before you use them",
    "data": "not stated; ask whoever trained on it",
}
OF_NEMO = {
    "weights": "those of whoever published the NeMo archive that they come from; NVIDIA's have a licence of their own",
    "data": "see the model card of the NeMo archive that the weights come from",
}
# The weights' licences of codecs that NVIDIA published, by how the names of their repositories begin.
OF_HUB = {
    "nvidia/nemo-nano-codec-": "NVIDIA Open Model License",
    "nvidia/low-frame-rate-speech-codec-": "NVIDIA's NSCLv1",
    "nvidia/audio-codec-": "NVIDIA's NSCLv1",
}


def statements_of_hub(name: str) -> dict[str, str]:
    """The statement of the weights of a repository `owner/name`; empty where it is not known."""
    known = [licence for beginning, licence in OF_HUB.items() if name.lower().startswith(beginning)]
    return {"weights": known[0]} if known else {}


def statements_of(found: Source, given: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The three statements: as given now, else as the source has them, else what is known of its kind."""
    known = UNSTATED | (OF_NEMO if found.kind == NEMO else {}) | found.statements()
    return {subject: (given or {}).get(subject) or known[subject] for subject in SUBJECTS}


def describe_data(config: Mapping[str, Any]) -> dict[str, str]:
    """The statement of a run's data, from the index of its shards; empty where they are not within reach."""
    data = config.get("data")
    path = data.get("path") if isinstance(data, Mapping) else None
    if path is None:
        return {}
    try:
        found = index.read(path)
    except (OSError, ValueError, TypeError):
        return {}
    if not isinstance(found, Corpus):
        return {}
    hours: dict[str, float] = defaultdict(float)
    for dataset in found.split("train"):
        hours[dataset.corpus] += dataset.hours
    named = ", ".join(f"{corpus} ({value:.4g} h)" for corpus, value in hours.items())
    return {"data": f"{named}; each corpus has a licence of its own"}
