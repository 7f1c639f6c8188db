from data_prep.corpora.daps import utterances


def test_clean_recordings_and_test_speakers(tmp_path, put):
    for name in ("f1_script1_clean", "f10_script2_clean", "m3_script5_clean", "m10_script1_clean"):
        put(f"daps/clean/{name}.wav", b"")
        put(f"daps/clean/._{name}.wav", b"resource fork")
        put(f"daps/ipad_office1/{name.replace('clean', 'ipad_office1')}.wav", b"")
    put("daps/clean/noise_clean.wav", b"")
    *found, unnamed = utterances(tmp_path, sources=[tmp_path / "daps"])
    assert (unnamed.key, unnamed.reason) == ("noise_clean", "malformed")
    assert {(row.key, row.speaker, row.split) for row in found} == {
        ("f1_script1_clean", "f1", "train"),
        ("f10_script2_clean", "f10", "val"),
        ("m3_script5_clean", "m3", "train"),
        ("m10_script1_clean", "m10", "val"),
    }
