"""Codecs of a hub, downloaded once and found in the cache afterwards, with or without a network."""

import sys
from pathlib import Path

from lfsc.formats import bundle
from lfsc.io.messages import first_line


def fetch(name: str) -> Path:
    """The folder in huggingface_hub's cache with the bundle or the archive of repository `owner/name[@revision]`."""
    repository, _, revision = name.partition("@")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise ValueError(
            f"no such file or folder; to download it, pip install huggingface_hub. {by_hand(repository, revision)}"
        ) from error
    try:
        print(f"looking for {name} on the hub", file=sys.stderr)
        return Path(snapshot_download(repository, revision=revision or None, allow_patterns=[*bundle.FILES, "*.nemo"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ValueError(
            f"no such file or folder here, and nothing came from the hub ({first_line(error)}). "
            + by_hand(repository, revision)
        ) from error


def by_hand(repository: str, revision: str) -> str:
    chosen = f" --revision {revision}" if revision else ""
    return (
        f"By hand: on a machine with a network, run `hf download {repository}{chosen} --local-dir codec`, or take the "
        "files from the repository's page, and give the folder or the .nemo file instead"
    )
