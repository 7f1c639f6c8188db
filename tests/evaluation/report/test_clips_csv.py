import csv
import io

from lfsc.evaluation.report.clips_csv import clips_csv


def test_a_line_for_each_clip_gives_the_reason_of_an_empty_cell(report):
    lines = list(csv.DictReader(io.StringIO(clips_csv(report))))
    assert [(line["codec"], line["key"]) for line in lines] == [
        *(("ours", key) for key in "abcd"),
        *(("theirs", key) for key in "ab"),
    ]
    assert lines[0]["mel_distance"] == "0.1"
    assert (lines[1]["stoi"], lines[1]["reason"]) == ("", "stoi: too short")
    assert (lines[2]["status"], lines[2]["reason"]) == ("misaligned", "offset: 3 samples")
