"""`lfsc info`: what a file or folder is."""

import argparse
import json
from collections import Counter
from pathlib import Path


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="lfsc info",
        description="Say what something is and what it can be used for: a codec in any form that lfsc.load takes, a "
        "run directory, prepared shards, token shards, or a token file.",
    )
    parser.add_argument("source", help="a file, a folder or a hub name")
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args(arguments)
    facts = told(options.source)
    if options.json:
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return 0
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name:<{width}}  {value}")
    return 0


def told(source: str) -> dict[str, str]:
    """Facts by their names."""
    path = Path(source).expanduser()
    if path.is_file() and path.open("rb").read(4) == b"LFSC":
        return token_file(path)
    if (path / "index.json").is_file():
        return corpus(path)
    if (path / "status.json").is_file():
        return run_directory(path)
    return codec(source)


def codec(source: str) -> dict[str, str]:
    from lfsc.bundle.describing import describe
    from lfsc.bundle.opening import opened

    with opened(source) as found:
        return describe(found)


def run_directory(path: Path) -> dict[str, str]:
    """Where a run stands, then what its newest checkpoint holds if it has one."""
    from lfsc.training.run import Run

    status = Run(path).status()
    stands = f"{status.state} at update {status.update:,} of {status.max_updates:,} on {status.host}"
    if not (path / "checkpoints" / "last.ckpt").is_file():
        return {"kind": "run directory without a checkpoint", "state": stands, "for": "waiting, or lfsc train again"}
    facts = codec(str(path))
    return {"kind": facts.pop("kind"), "state": stands, **facts}


def token_file(path: Path) -> dict[str, str]:
    from lfsc import tokens

    stored = tokens.read(path)
    codebooks, frames = stored.tokens.shape
    seconds = stored.num_samples / stored.sample_rate
    kbps = 8 * path.stat().st_size / seconds / 1000
    return {
        "kind": "token file",
        "audio": f"{seconds:.3f} s, {stored.num_samples} samples at {stored.sample_rate} Hz",
        "tokens": f"{frames} frames of {codebooks} tokens, of {stored.codebook_size} codes each",
        "rate": f"{stored.sample_rate / stored.hop_length:.3f} frames a second, {kbps:.3f} kbps on disk",
        "fingerprint": stored.fingerprint,
        "for": "lfsc decode, with a codec of the same fingerprint",
    }


def corpus(path: Path) -> dict[str, str]:
    try:
        index = json.loads((path / "index.json").read_text(encoding="utf-8"))
        datasets = index["datasets"]
        hours = Counter()
        for dataset in datasets:
            hours[dataset["split"]] += dataset["seconds"] / 3600
        return {
            "kind": "shards of speech",
            "sample rate": f"{index['sample_rate']} Hz",
            "hours": ", ".join(f"{split} {value:.2f}" for split, value in hours.items()),
            "clips": f"{sum(dataset['samples'] for dataset in datasets):,}",
            "corpora": ", ".join(sorted({dataset["corpus"] for dataset in datasets})),
            "languages": str(len({dataset["language"] for dataset in datasets})),
            "shards": f"{sum(len(dataset['shards']) for dataset in datasets):,}",
            "for": f"lfsc train RECIPE data.path={path}, tokenize, evaluate",
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}/index.json is damaged ({error!r}): prepare the data again") from error
