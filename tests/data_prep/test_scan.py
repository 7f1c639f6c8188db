from itertools import pairwise

import pytest

from data_prep.corpora.utterance import File, Rejection, Speech, Utterance
from data_prep.rules import Rules
from data_prep.scan import BLOCK, Examined, ExamineTask, examine, fingerprint
from lfsc.audio import files
from lfsc.audio.parts import WHOLE, Part

RULES = Rules(sample_rate=22050, min_seconds=0.4, max_seconds=3.0, min_rate=16000, long="cut", expected_seconds=2.5)


def examined(*sources, rules=RULES):
    utterances = [Utterance(f"k{number}", source, "en", "s", text="t") for number, source in enumerate(sources)]
    return examine(ExamineTask(utterances, rules))


def test_length_and_text_of_a_whole_recording(put, say):
    content = say("1 2 3")
    (result,) = examined(File(str(put("a.wav", content))))
    assert result.seconds == pytest.approx(files.probe(content).num_samples / 22050)
    assert result.utterance.text == "t"


def test_pieces_cover_a_long_recording(put, say):
    content = say("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15")
    path = put("a.wav", content)
    results = examined(File(str(path)))
    assert len(results) > 1
    pieces = [result.utterance.source for result in results]
    assert pieces[0].start == 0
    assert all(piece.start + piece.num_samples == after.start for piece, after in pairwise(pieces))
    assert pieces[-1].start + pieces[-1].num_samples == files.probe(content).num_samples
    assert {result.utterance.text for result in results} == {None}
    assert (
        len({result.utterance.key for result in results})
        == len({result.fingerprint for result in results})
        == len(pieces)
    )


def test_fingerprints_are_of_contents(put, say):
    same, long = say("1 2 3"), b"RIFF" + bytes(5 * BLOCK)
    first, again, inside, other = examined(
        File(str(put("a.wav", same))),
        File(str(put("b/c.wav", same))),
        File(str(put("archive", b"xyz" + same + long)), 3, len(same)),
        File(str(put("d.wav", say("1 2 4")))),
    )
    assert first.fingerprint == again.fingerprint == inside.fingerprint != other.fingerprint


def test_a_part_is_taken_in_samples(put, say):
    content = say("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15")
    source = File(str(put("a.wav", content)))
    parts = [Part(0.5, 1.0), Part(1.5, 1.0), Part(1.5, 1.0, channel=0), Part(99.0)]
    utterances = [Utterance(f"k{number}", source, "en", "s", text="t", part=part) for number, part in enumerate(parts)]
    *found, beyond = examine(ExamineTask(utterances, RULES))
    assert [(one.utterance.source.start, one.utterance.source.num_samples) for one in found] == [
        (11025, 22050),
        (33075, 22050),
        (33075, 22050),
    ]
    assert [one.utterance.text for one in found] == ["t"] * 3
    assert len({one.fingerprint for one in found}) == 3
    assert {one.utterance.part for one in found} == {WHOLE}
    assert (beyond.reason, beyond.detail[:30]) == ("malformed", "its part begins at 99 s, the r")
    assert found[2].utterance.source.read().audio.equal(files.read(content).audio[33075:55125])


def test_recordings_that_agree_where_they_are_sampled_are_told_apart_by_all_their_bytes(put):
    paths = [put(f"{number}.bin", bytes(2 * BLOCK) + bytes([number % 2]) + bytes(5 * BLOCK)) for number in range(3)]
    assert len({fingerprint(File(str(path))) for path in paths}) == 1
    whole = [fingerprint(File(str(path)), whole=True) for path in paths]
    assert whole[0] == whole[2] != whole[1]
    assert len({fingerprint(File(str(paths[0]), start=start), whole=True) for start in (0, 5)}) == 2


@pytest.mark.parametrize("error", [MemoryError("no"), RuntimeError("x\ny"), IndexError("argmin"), KeyError("a")])
def test_whatever_a_recording_does_to_its_decoder_is_its_own_failure(put, say, monkeypatch, error):
    bad, good = (File(str(put(f"{name}.wav", say("1 2 3")))) for name in ("bad", "good"))
    probe = files.probe

    def fail(content):
        if "bad" in str(content):
            raise error
        return probe(content)

    monkeypatch.setattr(files, "probe", fail)
    first, second = examined(bad, good)
    assert (first.reason, first.detail.partition(":")[0]) == ("undecodable", type(error).__name__)
    assert isinstance(second, Examined)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "undecodable"), (b"nonsense" * 99, "undecodable"), ("short", "too short"), ("slow", "wrong rate")],
)
def test_reasons(put, say, content, reason):
    if content == "short":
        content = files.encode(files.read(say("1")).audio[:5000], sample_rate=22050, format="wav")
    elif content == "slow":
        content = say("1 2 3", rate=8000)
    (result,) = examined(File(str(put("a.wav", content))))
    assert isinstance(result, Rejection)
    assert result.reason == reason


def test_a_file_that_is_not_there():
    (result,) = examined(File("/nowhere/a.wav"))
    assert (result.reason, result.detail) == ("undecodable", "/nowhere/a.wav: No such file or directory")


def test_what_is_yet_to_be_spoken_is_expected_to_last():
    first, second = examined(Speech("1", "gmw/en", 170, 50, 50), Speech("2", "gmw/en", 170, 50, 50))
    assert isinstance(first, Examined)
    assert first.seconds == 2.5
    assert first.fingerprint != second.fingerprint
