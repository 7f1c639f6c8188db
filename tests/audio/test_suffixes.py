from lfsc.audio.suffixes import NOT_READ, SUFFIXES, describe_not_read, is_hidden, is_recording


def test_what_is_read_is_not_among_what_is_not():
    assert not set(SUFFIXES) & set(NOT_READ)
    assert is_recording("de/a.FLAC") and not is_recording("de/a.m4a") and not is_recording("de/flac")


def test_what_is_not_read_is_counted_by_suffix():
    assert describe_not_read(["a.wav", "b.txt", "c"]) is None
    assert describe_not_read(["x/a.M4A", "._b.m4a"]).startswith("1 file of audio is not read (1 .m4a), such as x/a.M4A")
    assert describe_not_read(["a.wav.gz", "b.flv", "c.gz"]).startswith("2 files of audio are not read (1 .flv, 1 .gz)")


def test_what_is_in_a_hidden_folder_is_hidden():
    assert all(map(is_hidden, ("._a.wav", "x/.a.wav", ".git/a.wav", "x/.y/z/a.wav")))
    assert not any(map(is_hidden, ("a.wav", "x.y/a.b.wav", "../a.wav", "x/../a.wav")))
