"""Fixtures that every test may use."""

import json
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not there: it is looked for in a folder `shared` beside the checkout")
    return folder


@pytest.fixture(scope="session")
def real_speech() -> Path:
    """A folder with recordings, `<language>/<speaker>/<file>`, and their manifest.jsonl."""
    return shared_folder("speech")


@pytest.fixture(scope="session")
def nemo_reference() -> Path:
    """What NeMo itself computes on a narrow codec: codec.nemo, wavlm/, reference.npz, reference.json."""
    return shared_folder("nemo_reference") / "tiny"


@pytest.fixture
def make_codec():
    """Builds a narrow codec with seeded weights whose tokens spread over the codebooks; arguments change its shape."""

    def make(*, seed=0, channels=4, rates=(2, 4), levels=(8, 7, 6, 6), num_codebooks=2, sample_rate=22050, **layers):
        import torch

        from lfsc.configs import build

        torch.manual_seed(seed)
        shape = {
            "latent_dim": num_codebooks * len(levels),
            "kernel_sizes": [3, 7, 11],
            "in_kernel_size": 7,
            **layers,
        }
        encoder = {"channels": channels, "rates": list(rates), "dilations": [1], "out_kernel_size": 7}
        decoder = {
            "channels": channels * 2 ** len(rates),
            "rates": list(rates)[::-1],
            "dilations": [1, 3, 5],
            "out_kernel_size": 3,
        }
        codec = build(
            {
                "_target_": "lfsc.models.codec.Codec",
                "encoder": {"_target_": "lfsc.models.encoder.Encoder", **encoder, **shape},
                "quantizer": {
                    "_target_": "lfsc.models.quantizer.GroupedFSQ",
                    "num_codebooks": num_codebooks,
                    "levels": list(levels),
                },
                "decoder": {"_target_": "lfsc.models.decoder.Decoder", **decoder, **shape},
                "sample_rate": sample_rate,
            }
        )
        # At initialisation the latents of noise are all but equal, and so would be their tokens.
        with torch.no_grad():
            latents = codec.encoder(torch.randn(1, 64 * codec.hop_length))
            codec.encoder.conv_out.parametrizations.weight.original0 /= latents.std(dim=(0, 2))[:, None, None]
            codec.encoder.conv_out.bias.zero_()
        return codec.eval()

    return make


@pytest.fixture(scope="session")
def write_corpus():
    """A function that writes {"corpus/language": {"train" or "val": {key: audio [T], or a file's bytes}}} as shards."""
    return corpus_of


def corpus_of(folder: Path, clips: dict[str, dict[str, dict]], *, sample_rate: int = 22050, clips_per_shard: int = 8) -> Path:
    entries = []
    for place, splits in clips.items():
        shards = {
            split: [
                shard_of(folder / place, f"{split}-{number:05d}.tar", place, dict(part), sample_rate)
                for number, part in enumerate(batched(named.items(), clips_per_shard))
            ]
            for split, named in splits.items()
        }
        describe_to_energon(folder / place, [shard["name"] for found in shards.values() for shard in found])
        corpus, language = place.split("/")
        for split, found in shards.items():
            entries.append({"corpus": corpus, "language": language, "split": split, "path": place, "shards": found})
    for split, kind in (("train", "blend"), ("val", "blend_epochized")):
        parts = [{"path": e["path"], "weight": total(e)} for e in entries if e["split"] == split]
        parts = parts if split == "train" else [{"path": part["path"], "repetitions": 1} for part in parts]
        blend = {"__module__": "megatron.energon", "__class__": "MetadatasetV2", "splits": {split: {kind: parts}}}
        (folder / f"{split}.yaml").write_text(json.dumps(blend))
    (folder / "index.json").write_text(json.dumps({"version": 1, "sample_rate": sample_rate, "datasets": entries}))
    return folder


def total(entry: dict) -> float:
    return sum(shard["seconds"] for shard in entry["shards"])


def batched(items, size: int) -> list[list]:
    items = list(items)
    return [items[start : start + size] for start in range(0, len(items), size)]


def shard_of(folder: Path, name: str, place: str, clips: dict, sample_rate: int) -> dict:
    from webdataset import TarWriter

    from lfsc.audio.files import encode

    folder.mkdir(parents=True, exist_ok=True)
    seconds = {key: 1.0 if isinstance(clip, bytes) else len(clip) / sample_rate for key, clip in clips.items()}
    with TarWriter(str(folder / name)) as tar:
        for key, clip in clips.items():
            content = clip if isinstance(clip, bytes) else encode(clip, sample_rate=sample_rate, format="flac")
            fields = {"key": key, "seconds": seconds[key], "language": place.split("/")[1], "bandwidth": 1000 * seconds[key]}
            tar.write({"__key__": key, "flac": content, "json": fields})
    size = (folder / name).stat().st_size
    return {"name": name, "bytes": size, "samples": len(clips), "seconds": sum(seconds.values())}


def describe_to_energon(folder: Path, shards: list[str]) -> None:
    from megatron.energon.flavors.webdataset.prepare import WebdatasetPreparator

    patterns = [("train", "train-.*"), ("val", "val-.*")]
    WebdatasetPreparator.prepare_dataset(folder, shards, split_parts_patterns=patterns, workers=1)
    (folder / ".nv-meta" / "dataset.yaml").write_text("__module__: megatron.energon\n__class__: CrudeWebdataset\n")
