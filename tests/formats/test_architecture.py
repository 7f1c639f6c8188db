"""What weights are of, for a recipe that takes it from them."""

import pytest

from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.formats.architecture import read_architecture
from lfsc.formats.init_from import initialize_from


def test_a_recipe_takes_it_whole_from_an_archive_of_any_shape(nemo_reference):
    archive = nemo_reference / "codec.nemo"
    items = ["data.path=x", f"init_from={archive}", f"slm.path={nemo_reference / 'wavlm'}"]
    config = compose("finetune", items, read_architecture=read_architecture)
    codec = build(config["codec"])
    assert config["crop_length"] % codec.hop_length == 0
    families = {name: value for name, value in config["discriminators"].items() if not isinstance(value, int)}
    parts = initialize_from(archive, codec=codec, discriminators=build(families), config=config)
    assert not any(part.missing or part.left_over for part in parts)
    assert {part.name for part in parts if part.name.startswith("discriminators")} == {
        f"discriminators.{name}" for name in families if name != "_target_"
    }


def test_what_is_no_codec_is_said(tmp_path):
    with pytest.raises(ValueError, match="there is no such file or folder"):
        read_architecture(tmp_path / "nothing")
