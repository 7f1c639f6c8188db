import os

import pytest

from lfsc.io.atomic import LONGEST_NAME, replacing, write_text


@pytest.mark.parametrize("name", ["short.lfsc", "a" * 250 + ".lfsc", 83 * "語" + ".lfsc", "x" * 255, "." + "y" * 244])
def test_a_name_as_long_as_a_name_may_be_is_written(tmp_path, name):
    with replacing(tmp_path / name) as temporary:
        assert len(os.fsencode(temporary.name)) <= LONGEST_NAME
        assert temporary.name.startswith(".") and temporary.name.endswith(f".part{(tmp_path / name).suffix}")
        temporary.name.encode()
        temporary.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failure_leaves_what_was_there(tmp_path):
    write_text(tmp_path / "a", "before")
    with pytest.raises(ValueError, match="broken"), replacing(tmp_path / "a") as temporary:
        temporary.write_text("half")
        raise ValueError("broken")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
