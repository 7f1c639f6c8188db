"""What a configuration's `_target_`s become, and which are refused."""

import sys

import pytest

from lfsc.config.instantiate import KNOWN, build, check_targets, locate, targets_of

QUANTIZER = {"_target_": "lfsc.models.quantizer.GroupedFSQ", "num_codebooks": 2, "levels": [3, 4]}
HOSTILE = [
    "os.system",
    "subprocess.Popen",
    "builtins.eval",
    "lfsc.io.atomic.write_text",
    "lfsc.runs.directory.Run",
    "lfsc.models.codec.torch.load",
    "lfsc.losses.spectral",
    "",
    ["os.system"],
    None,
]


def test_a_tree_becomes_objects():
    built = build({"plain": [1, {"a": None}], "quantizer": QUANTIZER})
    assert built["plain"] == [1, {"a": None}]
    assert built["quantizer"].codebook_size == 12


def test_a_partial_target_takes_what_is_missing():
    make = build({"_target_": "lfsc.models.quantizer.GroupedFSQ", "_partial_": True, "num_codebooks": 2})
    assert make(levels=[3, 5]).codebook_size == 15


@pytest.mark.parametrize("target", HOSTILE, ids=str)
def test_what_is_not_known_is_refused_wherever_it_stands(target):
    config = {"a": [QUANTIZER, {"b": QUANTIZER | {"eps": {"_target_": target}}}]}
    with pytest.raises(ValueError, match=r"is not lfsc's and was not built: .* --with FILE.py") as error:
        check_targets(targets_of(config))
    assert "\n" not in str(error.value)


def test_what_is_trusted_passes_and_nothing_that_only_begins_like_it():
    config = {"loss": {"_target_": "mine.MyLoss"}, "quantizer": QUANTIZER}
    check_targets(targets_of(config), trusted=["mine"])
    check_targets(targets_of(config), trusted=["mine.MyLoss"])
    for trusted in ([], ["min"], ["mine.My"], ["other"]):
        with pytest.raises(ValueError, match=r"'mine\.MyLoss' is not lfsc's"):
            check_targets(targets_of(config), trusted=trusted)


def test_a_missing_or_surplus_key_is_named():
    with pytest.raises(ValueError, match=r"^codec.quantizer \(lfsc\S+GroupedFSQ\): .*'levels'"):
        build({"quantizer": {"_target_": QUANTIZER["_target_"], "num_codebooks": 2}}, where="codec")
    with pytest.raises(ValueError, match=r"GroupedFSQ.*'colour'"):
        build(QUANTIZER | {"colour": "red"})
    with pytest.raises(ValueError, match=r"'colour'; ~codec\.quantizer\.colour takes it away$"):
        build({"quantizer": QUANTIZER | {"colour": "red"}}, where="codec")


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module of somebody's and returns its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class Loss(:", r"^loss \(mine.Loss\) cannot be imported \(SyntaxError: .*mine.py, line 1\)\): expected"),
        ("import nothing_like_it", r"cannot be imported \(ModuleNotFoundError: No module named 'nothing_like_it'\)"),
        ("raise RuntimeError('no licence')", r"cannot be imported \(RuntimeError: no licence\)"),
        ("Los = 1", r"cannot be imported \(AttributeError: module 'mine' has no attribute 'Loss'\)"),
        ("Loss = 3.0", r"^loss \(mine.Loss\) is a float: expected a class or a function$"),
        ("def Loss():\n    raise KeyError('x')", r"^loss \(mine.Loss\): KeyError: 'x'$"),
        ("def Loss():\n    raise ValueError('two\\nlines')", r"^loss \(mine.Loss\): two lines$"),
        ("class Loss:\n    def __init__(self, weight): ...", r"^loss \(mine.Loss\): TypeError: .*'weight'"),
    ],
)
def test_a_class_of_somebodys_that_fails_is_one_line(module, text, message):
    module("mine", text)
    with pytest.raises(ValueError, match=message) as error:
        build({"_target_": "mine.Loss"}, where="loss")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("target", ["Loss", "", "nowhere.Loss", 3, None])
def test_what_names_nothing_is_one_line(target):
    with pytest.raises(ValueError, match=r"^loss cannot be imported \(.*\): expected package.module.Name, of an inst"):
        locate(target, "loss")


def test_every_known_name_exists():
    for target in KNOWN:
        assert callable(locate(target, target))


def test_too_little_memory_to_import_is_no_fault_of_the_name(monkeypatch):
    def fail(_):
        raise MemoryError

    monkeypatch.setattr("lfsc.config.instantiate.import_module", fail)
    with pytest.raises(MemoryError):
        build({"_target_": "lfsc.losses.adversarial.SquaredGeneratorLoss"})
