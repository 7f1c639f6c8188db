"""Bytes that were flipped on their way."""

import random
import zlib

import pytest
import torch

import lfsc
from lfsc.formats.checksums import add_stamp, crc32_of
from lfsc.formats.resolve import resolve


def flip(path, at, bit=0):
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << bit
    path.write_bytes(content)


def test_the_checksum_is_everybodys_crc32(tmp_path):
    content = random.Random(0).randbytes(3_000_001)
    (tmp_path / "file").write_bytes(content)
    assert crc32_of(tmp_path / "file") == f"{zlib.crc32(content):08x}"


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9999])
def test_a_flipped_byte_of_the_weights_is_told(bundle, place):
    path = bundle / "model.safetensors"
    flip(path, int(place * path.stat().st_size))
    with pytest.raises(ValueError, match=r"model\.safetensors is not as it was written: its crc32 is") as caught:
        lfsc.load(bundle)
    assert str(caught.value).startswith(f"{bundle}: ") and "\n" not in str(caught.value)


def test_a_flipped_byte_of_the_discriminators_is_told_to_who_reads_them(bundle):
    flip(bundle / "discriminators.safetensors", -1)
    lfsc.load(bundle)
    with resolve(bundle) as found, pytest.raises(ValueError, match=r"^discriminators\.safetensors is not as it was"):
        found.discriminator_weights()


def test_any_flipped_byte_of_the_configuration_is_told_or_harmless(bundle):
    path = bundle / "config.yaml"
    whole, expected = path.read_bytes(), lfsc.load(bundle).state_dict()
    stamp = whole.rindex(b"#")
    for at in range(0, len(whole), 7):
        flip(path, at, bit=at % 8)
        try:
            codec = lfsc.load(bundle)
        except ValueError as error:
            assert "\n" not in str(error)
        else:
            # What was hit is the line that tells the checksum.
            assert at >= stamp and all(torch.equal(codec.state_dict()[name], expected[name]) for name in expected)
        path.write_bytes(whole)


def test_other_ends_of_lines_are_no_damage(bundle):
    path = bundle / "config.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    lfsc.load(bundle)


def test_who_changes_the_configuration_is_told_how(bundle):
    path = bundle / "config.yaml"
    changed = path.read_text().replace("1234", "1235")
    path.write_text(changed)
    with pytest.raises(ValueError, match="remove that line if you changed it yourself"):
        lfsc.load(bundle)
    path.write_text("".join(line for line in changed.splitlines(keepends=True) if not line.startswith("# crc32")))
    with resolve(bundle) as found:
        assert found.updates == 1235


def test_a_stamp_is_a_comment():
    assert add_stamp("a: 1\n").splitlines()[0] == "a: 1"
    assert add_stamp("a: 1\n").splitlines()[1].startswith("# crc32 of the lines above: ")
