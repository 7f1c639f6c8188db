"""What files and folders are that hold no codec: token files, shards, corpora, exported graphs, runs."""

from itertools import islice
from pathlib import Path

from lfsc.audio.suffixes import is_recording
from lfsc.config.overrides import as_override
from lfsc.io.json_text import read_object
from lfsc.io.messages import as_word
from lfsc.runs.directory import Run
from lfsc.shards import index
from lfsc.shards.index import Conversion, Corpus

Facts = dict[str, str]


def describe_token_file(path: Path) -> Facts:
    from lfsc.tokens.file import read

    stored = read(path)
    codebooks, frames = stored.tokens.shape
    seconds = stored.num_samples / stored.sample_rate
    kbps = 8 * path.stat().st_size / seconds / 1000
    gain = {"level": f"{stored.gain_db:+.1f} dB to the original's"} if stored.gain_db else {}
    return {
        "kind": "token file",
        "audio": f"{seconds:.3f} s, {stored.num_samples} samples at {stored.sample_rate} Hz",
        "tokens": f"{frames} frames of {codebooks} tokens, of {stored.codebook_size} codes each",
        "rate": f"{stored.sample_rate / stored.hop_length:.3f} frames a second, {kbps:.3f} kbps on disk",
        **gain,
        "fingerprint": stored.fingerprint,
        "for": "lfsc decode, with a codec of the same fingerprint",
    }


def describe_recording(path: Path) -> Facts:
    from lfsc.audio.files import probe

    info = probe(path)
    return {
        "kind": "recording",
        "audio": f"{info.num_samples / info.sample_rate:.3f} s, {info.num_samples} samples at {info.sample_rate} Hz",
        "channels": str(info.channels),
        "format": f"{info.format}, {info.subtype}",
        "for": "lfsc reconstruct and encode; a folder of them for lfsc evaluate and `python -m data_prep folder`",
    }


def describe_index(path: Path) -> Facts:
    """What the index of a folder of shards says."""
    found = index.read(path)
    return describe_corpus(found) if isinstance(found, Corpus) else describe_conversion(found)


def describe_corpus(found: Corpus) -> Facts:
    splits = dict.fromkeys(dataset.split for dataset in found.datasets)
    return {
        "kind": "shards of speech",
        "sample rate": f"{found.sample_rate} Hz",
        "hours": ", ".join(f"{split} {found.hours(split):.2f}" for split in splits),
        "clips": f"{sum(dataset.samples for dataset in found.datasets):,}",
        "corpora": ", ".join(sorted({dataset.corpus for dataset in found.datasets})),
        "languages": str(len({dataset.language for dataset in found.datasets})),
        "shards": f"{len(found.shards()):,}",
        "for": f"lfsc train RECIPE {as_word(as_override('data.path', str(found.path)))}, tokenize, evaluate",
    }


def describe_conversion(found: Conversion) -> Facts:
    """What `lfsc tokenize` or `detokenize` finished."""
    if not found.shards():
        raise ValueError(f"{found.path} holds no shards")
    kind = describe_shard(Path(found.path) / next(iter(found.shards())))
    return {
        "kind": kind["kind"].replace("shard", "shards"),
        "clips": f"{found.samples:,}, {found.failed:,} failed",
        "hours": f"{found.hours:.3f}",
        "frames": f"{found.frames:,} of {found.num_codebooks} tokens, of {found.codebook_size} codes each",
        "rate": f"{found.sample_rate / found.hop_length:.3f} frames a second",
        "fingerprint": found.codec,
        "shards": f"{len(found.shards()):,}",
        "for": kind["for"],
    }


def describe_shard(path: Path) -> Facts:
    """What the first sample of a tar says."""
    from lfsc.shards.tar import read

    sample = next(islice(read(path), 1), None)
    if sample is None:
        raise ValueError(f"{path} holds no samples: expected a shard of speech or of tokens, or a .nemo archive")
    codec = sample.note().get("codec")
    if "npy" in sample.parts:
        use = "language models (lfsc.tokens.dataset), lfsc detokenize with a codec of the same fingerprint"
        return {"kind": "shard of tokens", "first clip": sample.key, "fingerprint": str(codec), "for": use}
    recordings = [part for part in sample.parts if is_recording(f".{part}")]
    if not recordings:
        raise ValueError(
            f"{path} is no shard: its first sample, {sample.key}, has {', '.join(sample.parts)}, and neither a "
            "recording nor the npy of tokens; `python -m data_prep folder` takes an archive of recordings"
        )
    formats = ", ".join(recordings)
    return {"kind": "shard of speech", "first clip": sample.key, "format": formats, "for": "lfsc tokenize"}


def describe_graphs(path: Path) -> Facts:
    """What `lfsc export --format onnx` or torch wrote, or `lfsc tokenize` has begun."""
    facts = read_object(path / index.CODEC_NAME)
    kinds = {"encoder.onnx": "ONNX graphs", "encoder.pt2": "torch.export programs"}
    kind = next((kind for name, kind in kinds.items() if (path / name).is_file()), "shards of tokens, unfinished")
    use = "any program that runs them" if "unfinished" not in kind else "lfsc tokenize again, which goes on"
    return {"kind": kind, **{name.replace("_", " "): str(value) for name, value in facts.items()}, "for": use}


def describe_status(path: Path) -> Facts:
    status = Run(path).status()
    assert status is not None  # who asks has seen the file
    state = f"{status.effective_state} at update {status.update:,} of {status.max_updates:,} on {status.host}"
    return {"state": state} | ({"reason": status.message} if status.message else {})
