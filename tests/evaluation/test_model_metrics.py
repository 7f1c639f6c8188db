import pytest
import torch

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.model_metrics import NonMatchingReference
from lfsc.metrics.metric import Unmeasurable


def test_the_non_matching_clip_is_another_speaker_s(recordings):
    paths = sorted(recordings.rglob("*.*"))
    clips = [Clip(key=str(i), path=path, speaker="ab"[i // 2]) for i, path in enumerate(paths)]
    non_matching = NonMatchingReference(clips)
    assert torch.equal(non_matching("0"), clips[2].load(16000).audio)
    assert torch.equal(non_matching("3"), clips[0].load(16000).audio)
    assert torch.equal(NonMatchingReference(clips[:1])("0"), clips[0].load(16000).audio)
    paths[2].write_bytes(b"")
    with pytest.raises(Unmeasurable, match="non-matching reference 2"):
        non_matching("1")
