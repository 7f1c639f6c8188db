"""Bundles on disk, honest and not."""

import json
import struct

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import lfsc
from lfsc.export.bundle import write_bundle
from lfsc.formats.licences import statements_of
from lfsc.formats.resolve import resolve
from lfsc.tokens.fingerprint import fingerprint


def edited(bundle, **changes):
    config = yaml.safe_load((bundle / "config.yaml").read_text()) | changes
    (bundle / "config.yaml").write_text(yaml.safe_dump(config))
    return bundle


def test_a_bundle_says_what_it_is(bundle, checkpoint, discriminators):
    with resolve(bundle) as found, resolve(checkpoint) as source:
        assert found.codec == source.codec and found.discriminators() == discriminators
        assert found.updates == 1234 and found.weight_norm and len(found.fingerprint) == 16
        theirs, ours = source.discriminator_weights(), found.discriminator_weights()
        assert set(ours) == set(theirs) and all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert sorted(path.name for path in bundle.iterdir()) == [
        "README.md",
        "config.yaml",
        "discriminators.safetensors",
        "model.safetensors",
    ]


def test_a_bundle_that_is_written_over_leaves_no_discriminators(bundle, checkpoint):
    with resolve(checkpoint) as found:
        write_bundle(found, bundle, with_discriminators=False, statements=statements_of(found))
    assert sorted(path.name for path in bundle.iterdir()) == ["README.md", "config.yaml", "model.safetensors"]


def test_16_bits_are_half_the_size_and_a_codec_of_its_own(checkpoint, tmp_path):
    with resolve(checkpoint) as found:
        for name, half in (("whole", False), ("half", True)):
            write_bundle(found, tmp_path / name, with_discriminators=False, half=half, statements=statements_of(found))
    whole, half = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "half"))
    assert all(torch.equal(half[name], whole[name].half()) for name in whole)
    original, codec = lfsc.load(tmp_path / "whole"), lfsc.load(tmp_path / "half")
    assert codec.dtype == torch.float32
    assert fingerprint(codec) == codec.carried_fingerprint != fingerprint(original)
    # Once rounded, nothing more is lost.
    with resolve(tmp_path / "half") as found:
        write_bundle(found, tmp_path / "again", with_discriminators=False, half=True, statements=statements_of(found))
    assert fingerprint(lfsc.load(tmp_path / "again")) == fingerprint(codec)


def test_16_bits_of_a_codec_that_lost_its_weight_norm_are_refused(checkpoint, tmp_path):
    with resolve(checkpoint) as found:
        write_bundle(
            found, tmp_path / "plain", with_discriminators=False, weight_norm=False, statements=statements_of(found)
        )
    with resolve(tmp_path / "plain") as found, pytest.raises(ValueError, match="--half from the original"):
        write_bundle(found, tmp_path / "half", with_discriminators=False, half=True, statements=statements_of(found))
    assert not (tmp_path / "half").exists()


def test_the_card_has_the_rates_and_three_licences(bundle, make_codec):
    card, codec = (bundle / "README.md").read_text(), make_codec()
    assert f"{codec.bitrate / 1000:.3f} kbps" in card and "1,234" in card
    for subject in ("Code:", "Weights:", "Data that they were trained on:"):
        assert subject in card
    header = yaml.safe_load(card.split("---")[1])
    assert header["library_name"] == "lfsc"


def test_statements_in_the_card_are_no_html(checkpoint, tmp_path):
    statement = "mine <script>alert(1)</script>\n\n# ours"
    with resolve(checkpoint) as found:
        statements = statements_of(found, {"weights": statement})
        write_bundle(found, tmp_path / "out", with_discriminators=False, statements=statements)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "- Weights: mine &lt;script&gt;alert(1)&lt;/script&gt; # ours." in card and "<script>" not in card


def test_safetensors_alone_reads_the_weights(bundle, make_codec):
    tensors = load_file(bundle / "model.safetensors")
    expected = make_codec().state_dict()
    assert tensors.keys() == expected.keys() and all(torch.equal(tensors[name], expected[name]) for name in expected)


def test_all_files_may_be_read_by_the_same_people(bundle):
    assert len({path.stat().st_mode for path in bundle.iterdir()}) == 1


def test_an_unfinished_bundle_has_no_configuration_and_is_refused(bundle):
    (bundle / "config.yaml").unlink()
    with pytest.raises(ValueError, match=r"it has no config\.yaml"):
        lfsc.load(bundle)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "vocos"}, "format 'vocos'"),
        ({"version": 1}, "version 1: this lfsc reads .*export it again"),
        ({"fingerprint": "../../etc/passwd"}, "16 hexadecimal digits"),
        ({"fingerprint": None}, "16 hexadecimal digits"),
        ({"updates": "many"}, "updates 'many'"),
        ({"licence": ["x"]}, r"licence \['x'\]"),
        ({"codec": {"_target_": "os.system", "command": "touch trace"}}, r"codec\._target_ is 'os\.system'"),
        ({"codec": None}, "codec is None"),
        ({"weight_norm": False}, "tensors are missing"),
    ],
)
def test_a_configuration_that_is_none_is_refused(changes, reason, bundle):
    with pytest.raises(ValueError, match=reason):
        lfsc.load(edited(bundle, **changes))


def test_aliases_that_would_fill_the_memory_do_not(bundle):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    text = (bundle / "config.yaml").read_text()
    (bundle / "config.yaml").write_text("\n".join([*lines, text, "discriminators: *a29"]))
    with resolve(bundle) as found, pytest.raises(ValueError, match="discriminators is a list"):
        found.discriminators()
    (bundle / "config.yaml").write_text("\n".join([*lines, text, "licence: {code: *a29}"]))
    with pytest.raises(ValueError, match=r"licence\.code is a list"):
        lfsc.load(bundle)


def header_of(claims: dict) -> bytes:
    header = json.dumps(claims).encode()
    return struct.pack("<Q", len(header)) + header


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 7,
        struct.pack("<Q", 1 << 62) + b"{}",
        struct.pack("<Q", 100) + b"{}",
        header_of({"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}),
        header_of({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}) + b"\x00" * 4,
        header_of({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}) + b"\x00" * 4,
        header_of(
            {
                "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
                "b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
            }
        )
        + b"\x00" * 4,
        header_of({"a": "no tensor"}),
        struct.pack("<Q", 4) + b"nope",
    ],
)
def test_a_lying_header_is_refused(content, bundle):
    (bundle / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors is cut short or damaged"):
        lfsc.load(bundle)


def test_a_cut_file_is_refused(bundle):
    content = (bundle / "model.safetensors").read_bytes()
    (bundle / "model.safetensors").write_bytes(content[:-1])
    with pytest.raises(ValueError, match="cut short or damaged"):
        lfsc.load(bundle)


def test_weights_of_another_codec_are_refused(bundle, make_codec):
    save_file(make_codec(channels=6).state_dict(), edited(bundle, crc32={}) / "model.safetensors")
    with pytest.raises(ValueError, match="its configuration says"):
        lfsc.load(bundle)


def test_a_bundle_on_a_full_disk_is_told_and_is_none(checkpoint, tmp_path, small_disk):
    refused = pytest.raises(OSError, match=r"model\.safetensors could not be written, with")
    with resolve(checkpoint) as found, refused, small_disk():
        write_bundle(found, tmp_path / "new", with_discriminators=False, statements=statements_of(found))
    assert list((tmp_path / "new").iterdir()) == []
