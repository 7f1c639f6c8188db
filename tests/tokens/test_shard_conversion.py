"""What a folder of converted shards says of itself, where it is damaged."""

import json

import pytest

from lfsc.shards.tar import ShardFile
from lfsc.tokens.shard_conversion import Task, begin, find_tasks, read_record, require_tokens, write_index


@pytest.mark.parametrize("content", ["[]", "x", "{}"])
def test_a_record_of_a_shard_or_of_the_codec_that_is_damaged_is_named(content, tmp_path):
    (tmp_path / "codec.json").write_text(content)
    shard = tmp_path / "source" / "in.tar"
    shard.parent.mkdir()
    shard.touch()
    with pytest.raises(ValueError, match=r"codec\.json is damaged"):
        require_tokens(str(tmp_path), None)
    with pytest.raises(ValueError, match=r"codec\.json is damaged|made with codec None and not ab"):
        begin(str(shard), tmp_path, {"codec": "ab"}, overwrite=False)
    begin(str(shard), tmp_path, {"codec": "ab"}, overwrite=True)
    task = Task(ShardFile(shard, "in.tar"), tmp_path / "out.tar")
    assert read_record(task) is None
    task.target.touch()
    task.record.write_text(content)
    with pytest.raises(ValueError, match=r"out\.json is damaged"):
        read_record(task)


def test_what_another_codec_made_is_not_finished_once_it_is_overwritten(tmp_path):
    """Or the parts that are yet to be made anew would be indexed as the new codec's."""
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    for name in ("a.tar", "b.tar"):
        (source / name).touch()
    tasks = find_tasks(str(source), out, part=(1, 1))
    begin(str(source), out, {"codec": "ab"}, overwrite=False)
    for task in tasks:
        task.target.touch()
        task.record.write_text(json.dumps({"failed": [], "samples": 0, "frames": 0, "audio_seconds": 0}))
    assert write_index(str(source), out, {"codec": "ab"}) is not None
    begin(str(source), out, {"codec": "ab"}, overwrite=True)
    assert all(map(read_record, tasks))
    begin(str(source), out, {"codec": "cd"}, overwrite=True)
    assert not any(map(read_record, tasks)) and not (out / "index.json").exists()
    assert write_index(str(source), out, {"codec": "cd"}) is None
