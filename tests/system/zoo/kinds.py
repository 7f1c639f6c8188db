"""The zoo: a maker for each kind of crafted file, under 10 MB each, by the loader that it is meant for."""

import gzip
import io
import json
import os
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy
import torch
import yaml
from honest import CODEBOOKS, FRAMES, Honest, copy_of, npy_of, recording, tarred
from safetensors.torch import save_file
from torch_archives import MERSENNE, Runs, claiming, colliding, overlapping, rezipped, saved, with_pickle

from lfsc.tokens import file as token_file

Maker = Callable[[Honest, Path], Path]


# YAML


def merges(levels: int) -> bytes:
    """Mappings that merge the one before nine times each."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, levels)]
    return "\n".join(lines).encode()


def aliases(levels: int) -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join([*lines, f"codec: *a{levels - 1}", f"licence: {{code: *a{levels - 1}}}"]).encode()


YAML = {
    "merge keys": merges(12),
    "aliases": aliases(30),
    "an alias of itself": b"codec: &a {_target_: x, codec: *a, encoder: *a}",
    "a date that is none": b"a: !!timestamp x",
    "an empty number": b'a: !!int ""',
    "an empty float": b'a: !!float ""',
    "a switch that is none": b"a: !!bool foo",
    "bytes that are none": b"a: !!binary '\xc3\xa4'",
    "pairs that are none": b"a: !!pairs [x]",
    "an ordered map that is none": b"a: !!omap {x: 1}",
    "a set of lists": b"a: !!set {[1]: null}",
    "a mapping called a text": b"a: !!str {b: 1}",
    "a text called a mapping": b"a: !!map x",
    "a number of too many digits": b"a: " + b"9" * 10_000,
    "a hexadecimal number of too many digits": b"a: 0x" + b"f" * 100_000,
    "a float beyond all": b"codec: {sample_rate: 1e999999}",
    "a date beyond all": b"a: 9999-99-99T99:99:99Z",
    "a letter beyond Unicode": b'a: "\\UFFFFFFFF"',
    "half a letter": b'codec: {_target_: "\\uD800"}',
    "a letter cut short": b'a: "\\U0011"',
    "a number in sixties": b"a: " + b"1:" * 120_000 + b"1",
    "a hundred thousand lists": b"[" + b"[]," * 60_000 + b"]",
    "lists in lists": b"codec: " + b"[" * 100_000,
    "mappings in mappings": b"codec: " + b"{a: " * 60_000,
    "lines in lines": b"".join(b" " * i + b"a:\n" for i in range(700)),
    "keys of one hash": b"{" + b",".join(b"%d: 0" % (7 + i * MERSENNE) for i in range(9000)) + b"}",
    "nine megabytes": b"# " + b"x" * 9_000_000,
    "a directive": b"%YAML 9.9\n---\na: 1",
    "two documents": b"a: 1\n---\na: 2",
    "no text": b"\x00\x01\x02",
    "UTF-16 cut short": b"\xff\xfea",
    "nothing": b"",
}


def bundle_of_yaml(text: bytes) -> Maker:
    def make(honest: Honest, folder: Path) -> Path:
        bundle = copy_of(honest.bundle, folder / "bundle")
        (bundle / "config.yaml").write_bytes(text)
        return bundle

    return make


def archive_of_yaml(text: bytes) -> Maker:
    def make(honest: Honest, folder: Path) -> Path:
        return written(folder / "codec.nemo", tarred(members(honest) | {"model_config.yaml": text}))

    return make


def config_of(**changes) -> Maker:
    """A bundle whose configuration has other values in the section of its encoder."""

    def make(honest: Honest, folder: Path) -> Path:
        bundle = copy_of(honest.bundle, folder / "bundle")
        config = yaml.safe_load((bundle / "config.yaml").read_text())
        config["codec"]["encoder"] |= changes
        (bundle / "config.yaml").write_text(yaml.safe_dump(config))
        return bundle

    return make


CONFIGS = {
    "a number beyond all": config_of(channels=10**400),
    "infinitely many channels": config_of(channels=float("inf")),
    "no number of channels": config_of(channels=float("nan")),
    "a fraction of a channel": config_of(channels=2.5),
    "a million channels": config_of(channels=1 << 20),
    "a negative rate": config_of(rates=[-2, 4]),
    "a million rates": config_of(rates=[2] * 50_000),
    "rates of a million": config_of(rates=[1 << 20] * 10),
    "a thousand kernels": config_of(kernel_sizes=[3] * 1000),
    "a huge kernel": config_of(in_kernel_size=(1 << 20) - 1),
    "an even kernel": config_of(in_kernel_size=4),
    "huge dilations": config_of(dilations=[1 << 20] * 10),
    "an activation of anybody's": config_of(activation="os.system"),
    "a key that there is not": config_of(trust_remote_code=True),
}


# safetensors


def header_of(claims: object, data: bytes = b"") -> bytes:
    header = json.dumps(claims).encode() if not isinstance(claims, bytes) else claims
    return struct.pack("<Q", len(header)) + header + data


def weights_of(change: Callable[[dict], dict | bytes]) -> Maker:
    """A bundle without checksums, whose tensors `change` replaces."""

    def make(honest: Honest, folder: Path) -> Path:
        bundle = copy_of(honest.bundle, folder / "bundle")
        config = yaml.safe_load((bundle / "config.yaml").read_text())
        (bundle / "config.yaml").write_text(yaml.safe_dump(config | {"crc32": {}}))
        state = {name.removeprefix("codec."): tensor for name, tensor in honest.state_dict().items()}
        changed = change(state)
        if isinstance(changed, bytes):
            (bundle / "model.safetensors").write_bytes(changed)
        else:
            save_file(changed, bundle / "model.safetensors")
        return bundle

    return make


def as_dtype(dtype: torch.dtype, only: str = "") -> Callable[[dict], dict]:
    return lambda state: {name: t.to(dtype) if not only or name == only else t for name, t in state.items()}


def claim(dtype: str, shape: list[int], end: int) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}


FIRST = "encoder.conv_in.bias"
SAFETENSORS = {
    **{f"tensors of {str(d).removeprefix('torch.')}": weights_of(as_dtype(d)) for d in (
        *(torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool, torch.complex64),
        *(torch.float8_e4m3fn, torch.float8_e5m2),
    )},
    "one tensor of int64": weights_of(as_dtype(torch.int64, FIRST)),
    "a tensor turned": weights_of(lambda s: s | {FIRST: s[FIRST][None]}),
    "a tensor larger": weights_of(lambda s: s | {FIRST: torch.zeros(1_000_000)}),
    "a tensor empty": weights_of(lambda s: s | {FIRST: torch.zeros(0)}),
    "a tensor missing": weights_of(lambda s: {k: v for k, v in s.items() if k != FIRST}),
    "tensors left over": weights_of(lambda s: s | {f"x{i}": torch.zeros(1) for i in range(5000)}),
    "tensors that are not finite": weights_of(lambda s: s | {FIRST: s[FIRST] * float("nan")}),
    "a header of exabytes": weights_of(lambda s: struct.pack("<Q", 1 << 62) + b"{}"),
    "a header of nine megabytes": weights_of(lambda s: header_of(b"{" + b" " * 9_000_000 + b"}")),
    "a header of lists in lists": weights_of(lambda s: header_of(b'{"a":' + b"[" * 1_000_000)),
    "a tensor of terabytes": weights_of(lambda s: header_of({FIRST: claim("F32", [1 << 40], 1 << 42)})),
    "a shape that overflows": weights_of(lambda s: header_of({FIRST: claim("F32", [1 << 32, 1 << 32], 4)}, b"\0" * 4)),
    "a negative shape": weights_of(lambda s: header_of({FIRST: claim("F32", [-1], 4)}, b"\0" * 4)),
    "a hundred thousand empty tensors": weights_of(
        lambda s: header_of({f"x{i}": claim("F32", [0], 0) for i in range(100_000)})
    ),
    "a kind of numbers that there is not": weights_of(lambda s: header_of({FIRST: claim("X9", [1], 4)}, b"\0" * 4)),
    "tensors cut short": weights_of(lambda s: header_of({FIRST: claim("F32", [2], 8)}, b"\0" * 4)),
    "bytes left over": weights_of(lambda s: header_of({FIRST: claim("F32", [1], 4)}, b"\0" * 9)),
    "a pickle": weights_of(lambda s: pickle.dumps({"a": 1})),
}  # fmt: skip


# Files of torch.save


TUPLE = b"(" + b"K\x01" * 100_000 + b"tq\x01"
TORCH = {
    "records that overlap": lambda: overlapping(saved({"a": torch.zeros(2_000_000)}), 1000),
    "a directory of 100 000 records": lambda: overlapping(saved({"a": torch.zeros(1)}), 100_000),
    "records of gigabytes": lambda: claiming(saved({"a": torch.zeros(9)}), 0xFFFFFFF0),
    "compressed records": lambda: rezipped(
        saved({"a": torch.zeros(100_000_000 // 4)}), lambda name, record: record, compression=zipfile.ZIP_DEFLATED
    ),
    "a comment of a zip in a zip": lambda: saved({"a": 1}) + saved({"b": 2}),
    "keys of one hash": lambda: with_pickle(colliding(50_000)),
    "nine million instructions": lambda: with_pickle(b"\x80\x02" + b"]" * 9_000_000 + b"."),
    "one text copied": lambda: with_pickle(
        b"\x80\x02X\x40\x42\x0f\x00" + b"a" * 1_000_000 + b"q\x01c_codecs\nencode\nq\x02X\x06\x00\x00\x00latin1q\x03"
        + b"(" + b"h\x02h\x01h\x03\x86R" * 60_000 + b"t."
    ),
    "one tuple copied": lambda: with_pickle(
        b"\x80\x02" + TUPLE + b"ctorch\nSize\nq\x02(" + b"h\x02h\x01\x85R" * 60_000 + b"t."
    ),
    "a tensor of many dimensions": lambda: with_pickle(
        b"\x80\x02" + TUPLE + b"ctorch._utils\n_rebuild_tensor_v2\nq\x02X\x01\x00\x00\x000q\x03"
        + b"(" + b"h\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nh\x03h\x03K\x01tQK\x00h\x01h\x01\x89NtR" * 1000
        + b"t."
    ),
    "a memo of gigabytes": lambda: with_pickle(b"\x80\x02K\x07r\xff\xff\xff\x7f."),
    "a text of gigabytes": lambda: with_pickle(b"\x80\x02X\xff\xff\xff\x7fa."),
    "a number of megabytes": lambda: with_pickle(b"\x80\x02\x8b\x00\x00\x50\x00" + b"\x7f" * (5 << 20) + b"."),
    "code": lambda: saved({"state_dict": Runs(os.system, "true"), "config": {}, "updates": 0}),
    "a checkpoint without a version": lambda: pickle.dumps({"state_dict": {}, "config": {}, "updates": 0}),
    "no state dict": lambda: saved({"state_dict": 3, "config": {}, "updates": 0}),
    "a list": lambda: saved([1, 2, 3]),
    "no records": lambda: rezipped(b"PK\5\6" + bytes(18), lambda name, record: record),
    "a zip's head alone": lambda: b"PK\3\4" + bytes(1000),
}  # fmt: skip


def checkpoint_of(make: Callable[[], bytes]) -> Maker:
    return lambda honest, folder: written(folder / "codec.ckpt", make())


def state_of(change: Callable[[dict], dict], **facts) -> Maker:
    """A checkpoint whose tensors `change` replaces."""

    def make(honest: Honest, folder: Path) -> Path:
        contents = torch.load(honest.checkpoint, weights_only=True)
        contents["state_dict"] = change(contents["state_dict"])
        return written(folder / "codec.ckpt", saved(contents | facts))

    return make


ONE = torch.ones(1)
STATES = {
    "weights of int64": state_of(as_dtype(torch.int64)),
    "weights of a byte": state_of(as_dtype(torch.float8_e4m3fn)),
    "weights in one storage": state_of(lambda s: {name: ONE.expand(tensor.shape) for name, tensor in s.items()}),
    "a tensor of terabytes": state_of(lambda s: s | {f"codec.{FIRST}": ONE.expand(1 << 40)}),
    "weights that are sparse": state_of(lambda s: s | {f"codec.{FIRST}": torch.zeros(4).to_sparse()}),
    "weights that are not finite": state_of(lambda s: s | {f"codec.{FIRST}": s[f"codec.{FIRST}"] / 0}),
    "a tensor in the place of the configuration": state_of(lambda s: s, config=ONE),
    "updates that are none": state_of(lambda s: s, updates="many"),
    "an average that is none": state_of(lambda s: s, ema=[1]),
    "names that are numbers": state_of(lambda s: {number: tensor for number, tensor in enumerate(s.values())}),
}


# NeMo's archives


def members(honest: Honest) -> dict[str, bytes]:
    with tarfile.open(honest.archive) as tar:
        return {member.name.removeprefix("./"): tar.extractfile(member).read() for member in tar if member.isfile()}


def header(name: str, size: int | bytes, kind: bytes = tarfile.REGTYPE, **fields) -> bytes:
    """A header of 512 bytes with any size, or what stands in its field, and a checksum that agrees."""
    member = tarfile.TarInfo(name)
    member.type = kind
    for field, value in fields.items():
        setattr(member, field, value)
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = size if isinstance(size, bytes) else base_256(size)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def base_256(number: int) -> bytes:
    return (number % (1 << 96) | (0 if number < 0 else 1 << 95)).to_bytes(12)


def pax(records: dict[str, str], name: str, content: bytes) -> bytes:
    """A member with pax records in front of it."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.pax_headers = records
    return member.tobuf(tarfile.PAX_FORMAT) + padded(content)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


END = bytes(1024)
# What may stand in the place of a file of any tar: its name and content make the honest rest.
MEMBERS: dict[str, Callable[[str, bytes], bytes]] = {
    "of a negative size": lambda name, content: header(name, -512) + padded(content),
    "of a more negative size": lambda name, content: header(name, -(1 << 40)) + padded(content),
    "of a negative size in octal": lambda name, content: header(name, b"-0000001000\0") + padded(content),
    "of 2^40 bytes": lambda name, content: header(name, 1 << 40) + padded(content),
    "of 2^80 bytes": lambda name, content: header(name, 1 << 80) + padded(content),
    "of 8 GB": lambda name, content: header(name, b"77777777777\0") + padded(content),
    "of no size": lambda name, content: header(name, b"abcdefghijk\0") + padded(content),
    "of a size of pax": lambda name, content: pax({"size": str(1 << 40)}, name, content),
    "of a negative size of pax": lambda name, content: pax({"size": "-512"}, name, content),
    "of a size of pax that is none": lambda name, content: pax({"size": "1e9"}, name, content),
    "sparse 1.0": lambda name, content: pax(
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)}, name,
        b"1\n0\n512\n".ljust(512, b"\0") + content,
    ),
    "sparse 1.0 without a map": lambda name, content: pax(
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}, name, content
    ),
    "sparse 1.0 with a long map": lambda name, content: pax(
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}, name,
        b"200000\n" + b"0\n0\n" * 200_000,
    ),
    "sparse 0.1": lambda name, content: pax({"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 40)}, name, content),
    "sparse 0.1 with a map that is none": lambda name, content: pax({"GNU.sparse.map": "x"}, name, content),
    "sparse 0.0": lambda name, content: pax(
        {"GNU.sparse.size": "9", "GNU.sparse.offset": "0", "GNU.sparse.numbytes": "9"}, name, content
    ),
    "sparse of GNU": lambda name, content: header(name, len(content), tarfile.GNUTYPE_SPARSE) + padded(content),
    "with a name of megabytes": lambda name, content: pax({"path": "x" * 4_000_000}, name, content),
    "with pax records in pax records": lambda name, content: header("pax", 512, tarfile.XHDTYPE) * 9000 + END,
    "with long names of long names": lambda name, content: header("x", 512, tarfile.GNUTYPE_LONGNAME) * 9000 + END,
    "with a long name of gigabytes": lambda name, content: header("x", 1 << 40, tarfile.GNUTYPE_LONGNAME) + END,
    "with pax records of gigabytes": lambda name, content: header("x", 1 << 40, tarfile.XHDTYPE) + END,
    "with pax records that are none": lambda name, content: header("x", 512, tarfile.XHDTYPE) + b"99999999 a=b\n" * 39
    + bytes(5) + header(name, len(content)) + padded(content),
    "that is a link": lambda name, content: header(name, 0, tarfile.SYMTYPE, linkname="/etc/passwd"),
    "that is a link to itself": lambda name, content: header(name, 0, tarfile.LNKTYPE, linkname=name),
    "that is a device": lambda name, content: header(name, 0, tarfile.CHRTYPE),
    "that is a pipe": lambda name, content: header(name, 0, tarfile.FIFOTYPE),
    "of a kind that there is not": lambda name, content: header(name, len(content), b"Z") + padded(content),
    "cut short": lambda name, content: header(name, 1 << 20) + content[:100],
    "without a checksum": lambda name, content: header(name, len(content))[:148] + bytes(364) + padded(content),
}  # fmt: skip
TARS = {
    "nothing": b"",
    "junk": b"junk" * 1000,
    "zeros": bytes(10_240),
    "a head cut short": header("a.flac", 5)[:300],
    "a million empty members": header("a.flac", 0) * 15_000 + END,
    "gzip of zeros": gzip.compress(bytes(300_000_000), 9),
    "gzip of gzips": gzip.compress(b"") * 100_000,
    "gzip cut short": gzip.compress(os.urandom(100_000))[:50_000],
    "gzip of junk": b"\x1f\x8b" + b"junk" * 1000,
    "a zip": saved({"a": 1}),
}


def archive_with(make: Callable[[str, bytes], bytes], *, compress: bool = False) -> Maker:
    """An archive whose weights are such a member."""

    def build(honest: Honest, folder: Path) -> Path:
        files = members(honest)
        config = tarred({"model_config.yaml": files["model_config.yaml"]}).removesuffix(bytes(8192))
        content = strip_end(config) + make("model_weights.ckpt", files["model_weights.ckpt"]) + END
        return written(folder / "codec.nemo", gzip.compress(content) if compress else content)

    return build


def strip_end(tar: bytes) -> bytes:
    """A tar without its end, to go on."""
    return padded(tar.rstrip(b"\0"))


def archive_of_torch(make: Callable[[], bytes]) -> Maker:
    def build(honest: Honest, folder: Path) -> Path:
        return written(folder / "codec.nemo", tarred(members(honest) | {"model_weights.ckpt": make()}))

    return build


# Token files


def tokens_of(**other) -> Maker:
    """A token file with other values in its header, and a checksum that agrees."""
    fields = ("sample_rate", "hop_length", "codebooks", "codebook_size", "num_samples", "gain_db")

    def make(honest: Honest, folder: Path) -> Path:
        content = honest.token_file()
        head, codes = list(token_file.HEADER.unpack_from(content)), content[token_file.HEADER.size : -4]
        for name, value in other.items():
            if name == "codes":
                codes = value
            else:
                head[3 + fields.index(name)] = value
        packed = token_file.HEADER.pack(*head) + codes
        return written(folder / "clip.lfsc", packed + struct.pack("<I", zlib.crc32(packed)))

    return make


def packed_size(frames: int, codebooks: int, bits: int) -> int:
    return -(-frames * codebooks * bits // 8)


MILLION = 1_000_000
TOKEN_FILES = {
    **{f"a gain of {gain:g} dB": tokens_of(gain_db=gain) for gain in (3e38, -3e38, 1e6, -1e6, 7000.0)},
    "a gain that is no number": tokens_of(gain_db=float("nan")),
    "a million frames that are not there": tokens_of(num_samples=MILLION * 8),
    "2^63 samples": tokens_of(num_samples=1 << 63),
    "samples in frames of 2^32": tokens_of(num_samples=5 * ((1 << 32) - 1), hop_length=(1 << 32) - 1),
    "a million frames of two codebooks": tokens_of(num_samples=MILLION * 8, codes=bytes(packed_size(MILLION, 2, 4))),
    "eighty million frames of a bit": tokens_of(
        **{"num_samples": 78 * MILLION, "hop_length": 1, "codebooks": 1, "codebook_size": 2},
        codes=bytes(packed_size(78 * MILLION, 1, 1)),
    ),
    "five million codes of 16 bits": tokens_of(
        num_samples=MILLION, hop_length=1, codebooks=4, codebook_size=1 << 16, codes=bytes(packed_size(MILLION, 4, 16))
    ),
    "65535 codebooks": tokens_of(codebooks=65535, codes=bytes(packed_size(FRAMES, 65535, 4))),
    "another number of codebooks": tokens_of(codebooks=3, codes=bytes(packed_size(FRAMES, 3, 4))),
    "a larger codebook": tokens_of(codebook_size=16, codes=b"\xff" * packed_size(FRAMES, CODEBOOKS, 4)),
    "codes that are not in the codebook": tokens_of(codes=b"\xff" * packed_size(FRAMES, CODEBOOKS, 4)),
    "another length of frames": tokens_of(hop_length=16, num_samples=FRAMES * 16),
    "another rate": tokens_of(sample_rate=(1 << 32) - 1),
    "no codebooks": tokens_of(codebooks=0),
    "the head alone": lambda honest, folder: written(folder / "clip.lfsc", b"LFSC"),
    "cut short": lambda honest, folder: written(folder / "clip.lfsc", honest.token_file()[:-3]),
}  # fmt: skip


# Shards of tokens


def npy_header(shape: str, descr: str = "'<u2'", data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


def npz() -> bytes:
    out = io.BytesIO()
    numpy.savez_compressed(out, a=numpy.zeros((2, 5), numpy.uint16))
    return out.getvalue()


GOOD = numpy.arange(CODEBOOKS * FRAMES, dtype=numpy.uint16).reshape(CODEBOOKS, FRAMES) % 9
NPY = {
    "npz": npz(),
    "empty": b"",
    "magic alone": b"\x93NUMPY",
    "a header cut short": npy_of(GOOD)[:40],
    "cut short": npy_of(GOOD)[:-1],
    "bytes left over": npy_of(GOOD) + b"x",
    "objects": npy_of(numpy.array([[print]], dtype=object), allow_pickle=True),
    "a pickle": pickle.dumps([[1, 2]]),
    "a claim of terabytes": npy_header("(2, 1099511627776)"),
    "a shape that overflows": npy_header("(4294967296, 4294967296)"),
    "a shape of 10^400": npy_header(f"(2, {10**400})"),
    "a negative shape": npy_header("(-1, 5)", data=bytes(20)),
    "a shape that is no number": npy_header("('x', 5)", data=bytes(20)),
    "a shape in a shape": npy_header("(" * 150 + ")" * 150),
    "a header that is code": npy_header("__import__('os').getcwd()"),
    "a dtype of dtypes": npy_header("(2, 5)", descr="[('a', '<u2'), ('b', '<u2', (9999, 9999))]", data=bytes(20)),
    "a dtype that is none": npy_header("(2, 5)", descr="'zz'", data=bytes(20)),
    "version nine": npy_header("(2, 5)", data=bytes(20), version=b"\x09\0"),
    "floats": npy_of(GOOD.astype(numpy.float32)),
    "texts": npy_of(GOOD.astype("U5")),
    "dates": npy_of(GOOD.astype("M8[s]")),
    "flags": npy_of(GOOD > 1),
    "negative codes": npy_of(GOOD.astype(numpy.int16) - 5),
    "codes of 2^63": npy_of(GOOD.astype(numpy.uint64) + (1 << 63)),
    "codes beyond the codebook": npy_of(GOOD + 60_000),
    "three codebooks": npy_of(numpy.zeros((3, FRAMES), numpy.uint16)),
    "one codebook": npy_of(numpy.zeros((1, FRAMES), numpy.uint16)),
    "no codebooks": npy_of(numpy.zeros((0, FRAMES), numpy.uint16)),
    "no frames": npy_of(numpy.zeros((CODEBOOKS, 0), numpy.uint16)),
    "one dimension": npy_of(numpy.zeros(FRAMES, numpy.uint16)),
    "three dimensions": npy_of(numpy.zeros((1, CODEBOOKS, FRAMES), numpy.uint16)),
    "no dimension": npy_of(numpy.array(5, numpy.uint16)),
}
DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
NOTES = {
    "a list": b"[]",
    "null": b"null",
    "a number": b"5",
    "a text": b'"x"',
    "nothing": b"",
    "junk": b"{",
    "no text": b"\xff\xfe\xfd",
    "lists a thousand deep": b"[" * 1000 + b"]" * 1000,
    "lists a hundred thousand deep": DEEP,
    "a number of too many digits": b'{"num_samples": ' + b"9" * 5000 + b"}",
}
LENGTHS = {
    "no number of samples": '"many"',
    "a negative number of samples": "-1",
    "no samples": "0",
    "2^80 samples": str(1 << 80),
    "true samples": "true",
    "infinitely many samples": "Infinity",
    "half a sample": "0.5",
}


def token_shard_of(npy: bytes | None = None, note: bytes | None = None, samples: str = "") -> Maker:
    def make(honest: Honest, folder: Path) -> Path:
        given = b'{"codec": "%s", "num_samples": %s}' % (honest.fingerprint.encode(), samples.encode())
        return written(folder / "shard.tar", honest.token_shard(npy, given if samples else note))

    return make


# Shards of speech


def speech_shard_of(**parts: bytes) -> Maker:
    return lambda honest, folder: written(folder / "shard.tar", honest.speech_shard(**parts))


def speech_shard_with(make: Callable[[str, bytes], bytes], *, name: str) -> Maker:
    """A shard whose first clip has such a member, and a good clip before it."""

    def build(honest: Honest, folder: Path) -> Path:
        note = b'{"language": "en"}'
        odd = make(f"b.{name}", recording() if name == "flac" else note)
        good = strip_end(tarred({"a.flac": recording(), "a.json": note}))
        other = tarred({f"b.{'json' if name == 'flac' else 'flac'}": note if name == "flac" else recording()})
        return written(folder / "shard.tar", good + odd + other)

    return build


def file_of(name: str, content: bytes) -> Maker:
    return lambda honest, folder: written(folder / name, content)


# What is no file


def fifo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def endless(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")
    return path


def folder_of(path: Path) -> Path:
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)
    return path


def link_to_itself(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)
    return path


NO_FILES = {"a pipe": fifo, "an endless device": endless, "a folder": folder_of, "a link to itself": link_to_itself}


def bundle_with(name: str, replace: Callable[[Path], Path]) -> Maker:
    def make(honest: Honest, folder: Path) -> Path:
        bundle = copy_of(honest.bundle, folder / "bundle")
        replace(bundle / name)
        return bundle

    return make


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert len(content) < 10_000_000, f"{path} has {len(content)} bytes"
    return path


# Which a loader may take: nothing comes of what is odd in them.
HARMLESS = "a million frames of two codebooks"


def zoo() -> dict[str, tuple[Maker, tuple[str, ...]]]:
    """By name: how it is made, and the loaders that must refuse it."""
    by_load, by_tokens, by_clips = ("load",), ("decode",), ("detokenize", "TokenShards")
    by_shards, by_notes = ("tokenize", "evaluate"), ("tokenize",)
    found: dict[str, tuple[Maker, tuple[str, ...]]] = {}

    def add(group: str, makers: dict[str, Maker], loaders: tuple[str, ...]) -> None:
        for name, maker in makers.items():
            found[f"{group}: {name}"] = maker, () if name.endswith(HARMLESS) else loaders

    add("bundle, YAML", {name: bundle_of_yaml(text) for name, text in YAML.items()}, by_load)
    add("archive, YAML", {name: archive_of_yaml(text) for name, text in YAML.items()}, by_load)
    add("bundle, configuration", CONFIGS, by_load)
    add("bundle, safetensors", SAFETENSORS, by_load)
    add("checkpoint", {name: checkpoint_of(make) for name, make in TORCH.items()}, by_load)
    add("checkpoint", STATES, by_load)
    add("archive, weights", {name: archive_of_torch(make) for name, make in TORCH.items()}, by_load)
    add("archive, member", {name: archive_with(make) for name, make in MEMBERS.items()}, by_load)
    add(
        "compressed archive, member",
        {name: archive_with(make, compress=True) for name, make in MEMBERS.items()},
        by_load,
    )
    add("archive", {name: file_of("codec.nemo", content) for name, content in TARS.items()}, by_load)
    add("token file", TOKEN_FILES, by_tokens)
    add("token shard, npy", {name: token_shard_of(npy=content) for name, content in NPY.items()}, by_clips)
    add("token shard, json", {name: token_shard_of(note=content) for name, content in NOTES.items()}, by_clips)
    add("token shard, length", {name: token_shard_of(samples=text) for name, text in LENGTHS.items()}, by_clips)
    add("shard, json", {name: speech_shard_of(json=content) for name, content in NOTES.items()}, by_notes)
    # Of a shard alone nobody knows the codebooks' size.
    found["token shard, npy: codes beyond the codebook"] = (
        found["token shard, npy: codes beyond the codebook"][0],
        ("detokenize",),
    )
    for name in ("flac", "json"):
        add(f"shard, {name}", {k: speech_shard_with(make, name=name) for k, make in MEMBERS.items()}, by_shards)
    add("shard", {name: file_of("shard.tar", content) for name, content in TARS.items()}, by_shards)
    # A shard without samples is one.
    found["shard: zeros"] = found["shard: zeros"][0], ("evaluate",)
    for name, replace in NO_FILES.items():
        add(f"{name} in the place of", {
            "a checkpoint": lambda honest, folder, replace=replace: replace(folder / "codec.ckpt"),
            "an archive": lambda honest, folder, replace=replace: replace(folder / "codec.nemo"),
            "an archive in a folder": lambda honest, folder, replace=replace: replace(folder / "it" / "x.nemo").parent,
            "a run's checkpoint": lambda honest, folder, replace=replace:
                replace(folder / "run/checkpoints/last.ckpt").parents[1],
            **{name: bundle_with(name, replace) for name in ("config.yaml", "model.safetensors")},
        }, by_load)  # fmt: skip
        add(
            f"{name} in the place of",
            {"a token file": lambda honest, folder, replace=replace: replace(folder / "clip.lfsc")},
            by_tokens,
        )
        add(
            f"{name} in the place of",
            {
                "a shard": lambda honest, folder, replace=replace: replace(folder / "shard.tar"),
                "a shard in a folder": lambda honest, folder, replace=replace: (
                    replace(folder / "it" / "shard.tar").parent
                ),
                "an index": lambda honest, folder, replace=replace: replace(folder / "it" / "index.json").parent,
            },
            (*by_shards, *by_clips),
        )
    return found
