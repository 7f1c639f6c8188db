import pytest

from lfsc.config.instantiate import BUILDABLE, build


def test_a_tree_becomes_objects():
    quantizer = {"_target_": "lfsc.models.quantizer.GroupedFSQ", "num_codebooks": 2, "levels": [3, 4]}
    built = build({"plain": [1, {"a": None}], "quantizer": quantizer})
    assert built["plain"] == [1, {"a": None}]
    assert built["quantizer"].codebook_size == 12


@pytest.mark.parametrize(
    "target", ["os.system", "lfsc.io.atomic.write_text", "builtins.eval", "lfsc.models.codec.torch.load"]
)
def test_what_is_not_on_the_list_is_never_imported(target, tmp_path):
    with pytest.raises(ValueError, match="may not be built"):
        build({"_target_": target, "path": str(tmp_path / "trace"), "text": "ran"})
    assert not any(tmp_path.iterdir())


def test_a_missing_or_surplus_key_is_named():
    with pytest.raises(ValueError, match=r"GroupedFSQ.*'levels'"):
        build({"_target_": "lfsc.models.quantizer.GroupedFSQ", "num_codebooks": 2})
    with pytest.raises(ValueError, match=r"GroupedFSQ.*'colour'"):
        build({"_target_": "lfsc.models.quantizer.GroupedFSQ", "num_codebooks": 2, "levels": [3], "colour": "red"})


def test_every_name_on_the_list_exists():
    from importlib import import_module

    for target in BUILDABLE:
        module, _, name = target.rpartition(".")
        assert callable(getattr(import_module(module), name)), target
