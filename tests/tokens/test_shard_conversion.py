"""What a folder of converted shards says of itself, where it is damaged."""

import pytest

from lfsc.shards.tar import ShardFile
from lfsc.tokens.shard_conversion import Task, begin, read_record, require_tokens


@pytest.mark.parametrize("content", ["[]", "x", "{}"])
def test_a_record_of_a_shard_or_of_the_codec_that_is_damaged_is_named(content, tmp_path):
    (tmp_path / "codec.json").write_text(content)
    with pytest.raises(ValueError, match=r"codec\.json is damaged"):
        require_tokens(str(tmp_path), None)
    with pytest.raises(ValueError, match=r"codec\.json is damaged|made with codec None and not ab"):
        begin(tmp_path, {"codec": "ab"}, overwrite=False)
    begin(tmp_path, {"codec": "ab"}, overwrite=True)
    task = Task(ShardFile(tmp_path / "in.tar", "in.tar"), tmp_path / "out.tar")
    assert read_record(task) is None
    task.target.touch()
    task.record.write_text(content)
    with pytest.raises(ValueError, match=r"out\.json is damaged"):
        read_record(task)
