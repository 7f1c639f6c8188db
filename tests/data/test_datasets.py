import json
import shutil
import time

import pytest
import torch
from corpora import write_corpus

from lfsc.data.blend import Blend
from lfsc.data.filters import Filter


def test_too_few_clips_say_what_to_lower(open_stream, corpus):
    with pytest.raises(
        ValueError, match="64 clips to train on, fewer than 2 ranks x 3 workers x 11 clips a batch: lower"
    ):
        open_stream(corpus, world_size=2, num_workers=3, batch_size=11)
    open_stream(corpus, world_size=2, num_workers=3, batch_size=10)


def test_a_corpus_without_training_clips_is_refused(open_stream, tmp_path):
    audio = torch.sin(torch.arange(20000) / 20)
    path = write_corpus(tmp_path, {"only/en": {"val": {"v": audio}}})
    with pytest.raises(ValueError, match="holds no clips to train on"):
        open_stream(path)


def test_nothing_of_energons_own_files_is_needed(open_stream, corpus, tmp_path):
    path = shutil.copytree(corpus, tmp_path / "data", ignore=shutil.ignore_patterns(".nv-meta", "*.yaml"))
    streams = iter(open_stream(path)), iter(open_stream(corpus))
    for found, expected in [tuple(map(next, streams)) for _ in range(20)]:
        assert found.keys == expected.keys
        assert torch.equal(found.audio, expected.audio)


def test_a_blend_draws_in_its_shares(open_stream, corpus):
    stream = iter(open_stream(corpus, batch_size=64, blend=Blend(alpha=0.0, weights={"de": 3})))
    keys = [key for _ in range(20) for key in next(stream).keys]
    share = sum(key.startswith("b") for key in keys) / len(keys)
    assert share == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / len(keys)) ** 0.5)


def test_a_dataset_with_a_weight_of_zero_is_never_read(open_stream, corpus):
    stream = iter(open_stream(corpus, batch_size=24, blend=Blend(alpha=1.0, weights={"one": 0})))
    assert {key[0] for _ in range(5) for key in next(stream).keys} == {"b"}


def test_a_hundred_datasets_open_at_once(open_stream, tmp_path):
    audio = torch.sin(torch.arange(15000) / 20)
    path = write_corpus(tmp_path, {"demo/l000": {"train": {f"c{i}": audio for i in range(2)}}})
    index = json.loads((path / "index.json").read_text())
    (first,) = index["datasets"]
    for language in (f"l{number:03d}" for number in range(1, 105)):
        shutil.copytree(path / "demo/l000", path / "demo" / language)
        index["datasets"].append(first | {"language": language, "path": f"demo/{language}"})
    (path / "index.json").write_text(json.dumps(index))
    assert len(next(iter(open_stream(path, num_workers=2, batch_size=8))).keys) == 8
    # The processor's seconds, which other work on the machine does not stretch.
    started = time.process_time()
    assert len(next(iter(open_stream(path, num_workers=0, batch_size=8))).keys) == 8
    assert time.process_time() - started < 5


def test_a_blend_weight_may_name_what_is_filtered_out_but_not_what_is_nowhere(open_stream, corpus):
    german = Filter(languages=["de"], seconds=None, bandwidth=None)
    stream = open_stream(corpus, filter=german, batch_size=24, blend=Blend(alpha=1.0, weights={"en": 2, "two/de": 3}))
    assert {key[0] for key in next(iter(stream)).keys} == {"b"}
    with pytest.raises(ValueError, match="blend weight for fr: the data have de, en, one, one/en, two, two/de"):
        open_stream(corpus, filter=german, blend=Blend(alpha=1.0, weights={"fr": 2}))


def test_an_empty_list_of_languages_is_an_error(open_stream, corpus):
    with pytest.raises(ValueError, match=r"data\.filter\.languages is empty"):
        open_stream(corpus, filter=Filter(languages=[], seconds=None, bandwidth=None))
