"""python fuzz.py FOLDER SEED COUNT: mutations of codecs, token files and shards at their loaders.

Each is refused in one line, within seconds and little memory, or taken; anything else is told as a line of JSON with
the seed and the number of the mutation, which `python fuzz.py FOLDER SEED 1 NUMBER` makes again. Half of the mutations
keep the checksums of what holds them, as whoever makes a file on purpose would.
"""

import io
import json
import random
import re
import struct
import sys
import tarfile
import time
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import torch
from honest import Honest, tarred
from loaders import consume
from watch import outcome, peak, watch

import lfsc
from lfsc.evaluation.corpora import find_clips
from lfsc.formats.checksums import STAMP
from lfsc.shards.tar import read
from lfsc.tokens import file as token_file
from lfsc.tokens.dataset import TokenShards

SLOW, LARGE = 5, 512  # seconds of computing, megabytes
NUMBERS = [0, 1, 2, 127, 128, 255, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1]
WORDS = [b"-1", b"0", b"1e999", b"nan", b"null", b"[]", b"{}", b"999999999999", b"!!int", b"<<", b"\xff", b"\0", b"\n",
         b"'", b'"', b"\\U", b"*a", b"&a ", b"../", b"__reduce__", b"9" * 30, b"os.system"]  # fmt: skip


def mutate(content: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, left out, put in, doubled or cut off."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 4, 16])):
        place = chance.randrange(len(changed)) if changed else 0
        if chance.random() < 0.5:
            # Headers lie at the beginnings, and in tars every 512 bytes.
            place = min(len(changed), chance.choice([place % 64, place // 512 * 512 + chance.randrange(512)]))
        kind = chance.randrange(8)
        if kind == 0 and place < len(changed):
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[place : place + 1] = bytes([chance.randrange(256)])
        elif kind == 2:
            number, size = chance.choice(NUMBERS), chance.choice([1, 2, 4, 8])
            changed[place : place + size] = (number % (1 << 8 * size)).to_bytes(size, chance.choice(["little", "big"]))
        elif kind == 3:
            del changed[place : place + chance.choice([1, 4, 512, chance.randrange(1, 5000)])]
        elif kind == 4:
            start = chance.randrange(len(changed)) if changed else 0
            changed[place:place] = changed[start : start + chance.choice([1, 16, 512, 2000])] * chance.choice(
                [1, 1, 30]
            )
        elif kind == 5:
            word = chance.choice(WORDS)
            changed[place : place + chance.choice([0, len(word)])] = word
        elif kind == 6:
            changed[place:place] = chance.randbytes(chance.choice([1, 3, 8, 600]))
        elif chance.random() < 0.3:
            del changed[place:]
    return bytes(changed)


def mutated_bundle(honest: Honest, folder: Path, chance: random.Random) -> Path:
    bundle = folder / "bundle"
    bundle.mkdir(exist_ok=True)
    which, sealed = chance.choice(["config.yaml", "config.yaml", "model.safetensors"]), chance.random() < 0.5
    for path in honest.bundle.iterdir():
        content = path.read_bytes()
        if path.name == "config.yaml" and sealed:
            content = re.sub(rb"crc32:(\n  .*)*\n", b"", STAMP.sub(b"", content), count=1)
        (bundle / path.name).write_bytes(mutate(content, chance) if path.name == which else content)
    return bundle


def mutated_zip(content: bytes, chance: random.Random) -> bytes:
    """A file of torch.save, changed as a whole, or in a record, whose checksum then agrees."""
    if chance.random() < 0.5:
        return mutate(content, chance)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        names = source.namelist()
        chosen = chance.choice([next(name for name in names if name.endswith("data.pkl")), chance.choice(names)])
        for name in names:
            target.writestr(name, mutate(source.read(name), chance) if name == chosen else source.read(name))
    return out.getvalue()


def mutated_checkpoint(honest: Honest, folder: Path, chance: random.Random) -> Path:
    return put(folder / "codec.ckpt", mutated_zip(honest.checkpoint.read_bytes(), chance))


def mutated_archive(honest: Honest, folder: Path, chance: random.Random) -> Path:
    content, kind = honest.archive.read_bytes(), chance.randrange(4)
    if kind < 2:
        with tarfile.open(honest.archive) as tar:
            files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
        config, weights = (next(name for name in files if name.endswith(end)) for end in ("yaml", "ckpt"))
        if kind == 0:
            files[config] = mutate(files[config], chance)
        else:
            files[weights] = mutated_zip(files[weights], chance)
        return put(folder / "codec.nemo", tarred(files))
    return put(folder / "codec.nemo", resummed(mutate(content, chance)) if kind == 2 else mutate(content, chance))


def resummed(tar: bytes) -> bytes:
    """A tar in which the first headers have checksums that agree."""
    changed = bytearray(tar)
    for start in range(0, min(len(tar), 64 * 512), 512):
        if tar[start + 257 : start + 262] == b"ustar":
            changed[start + 148 : start + 156] = b" " * 8
            changed[start + 148 : start + 156] = b"%06o\0 " % sum(changed[start : start + 512])
    return bytes(changed)


def mutated_token_file(honest: Honest, folder: Path, chance: random.Random) -> Path:
    content = mutate(honest.token_file()[:-4], chance)
    seal = struct.pack("<I", zlib.crc32(content)) if chance.random() < 0.8 else b"\0\0\0\0"
    return put(folder / "clip.lfsc", content + seal)


def mutated_shard(content: bytes, folder: Path, chance: random.Random) -> Path:
    changed = mutate(content, chance)
    return put(folder / "shard.tar", resummed(changed) if chance.random() < 0.7 else changed)


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def decodable(path: Path) -> None:
    """What `lfsc decode` does with a token file before it decodes."""
    stored = token_file.read(path)
    assert stored.tokens.numel() < 16 * path.stat().st_size, "more tokens than bits"
    assert 10 ** (-stored.gain_db / 20) > 0


def codec_of(path: Path) -> None:
    codec = lfsc.load(path)
    assert all(parameter.dtype == torch.float32 for parameter in codec.parameters()), "weights of another kind"


def main(folder: Path, seed: int, count: int, first: int = 0) -> None:
    honest = Honest.make(folder / "honest")
    codec_of(honest.bundle)
    watch()
    speech, tokens = honest.speech_shard(), honest.token_shard()
    kinds = {
        "bundle": (lambda chance: mutated_bundle(honest, folder, chance), (codec_of,)),
        "checkpoint": (lambda chance: mutated_checkpoint(honest, folder, chance), (codec_of,)),
        "archive": (lambda chance: mutated_archive(honest, folder, chance), (codec_of,)),
        "token file": (lambda chance: mutated_token_file(honest, folder, chance), (decodable,)),
        "token shard": (
            lambda chance: mutated_shard(tokens, folder, chance),
            (lambda path: consume(list(TokenShards(path))),),
        ),
        "speech shard": (
            lambda chance: mutated_shard(speech, folder, chance),
            (lambda path: consume([sample.note for sample in read(path)]), find_clips),
        ),
    }
    found: Counter[str] = Counter()
    for number in range(first, first + count):
        kind = list(kinds)[number % len(kinds)]
        make, loads = kinds[kind]
        path = make(random.Random(f"{seed} {number}"))
        for load in loads:
            before, held = time.process_time(), peak()
            said = outcome(load, path)
            spent, grown = time.process_time() - before, peak() - held
            found[f"{kind}: {said.partition(':')[0]}"] += 1
            if said.startswith("error") or spent > SLOW or grown > LARGE:
                facts = {"seed": seed, "mutation": number, "kind": kind, "outcome": said[:300]}
                print(json.dumps(facts | {"seconds": round(spent, 1), "megabytes": round(grown)}), flush=True)
    print(json.dumps({"counts": found, "mutations": count}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
