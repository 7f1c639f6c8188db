import sys

import pytest
from megatron.energon.epathlib import EPath

from lfsc.data.corpus import read_corpus
from lfsc.data.storage import locate, read, read_range, size


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("http://host/data", r"http://host/data: energon does not read over plain HTTP; copy the folder here"),
        ("https://host/data", r"does not read over plain HTTP"),
        ("s3://bucket/data", r"s3://bucket/data: object storage is named msc://PROFILE/FOLDER here"),
        ("gs://bucket/data", r"object storage is named msc://PROFILE/FOLDER here"),
        ("msc://nowhere/data", r'msc://nowhere/data: Profiler? "nowhere" not found'),
    ],
)
def test_what_energon_cannot_read_is_said_in_one_line(path, said):
    with pytest.raises(ValueError, match=said) as raised:
        read_corpus(path, sample_rate=22050)
    assert "\n" not in str(raised.value)


def test_a_folder_may_be_named_as_a_file_url(corpus):
    assert (
        read_corpus(f"file://{corpus}", sample_rate=22050).index_hash
        == read_corpus(corpus, sample_rate=22050).index_hash
    )
    assert locate(f"file://{corpus}").is_local()


@pytest.fixture
def profiles(tmp_path, monkeypatch):
    """A function that writes the profile `store` of a type into a fresh configuration."""

    def write(kind: str, **options):
        lines = [f"      {key}: {value}" for key, value in options.items()]
        head = ["profiles:", "  store:", "    storage_provider:", f"      type: {kind}", "      options:"]
        (tmp_path / "msc.yaml").write_text("\n".join([*head, *("  " + line for line in lines)]))
        monkeypatch.setenv("MSC_CONFIG", str(tmp_path / "msc.yaml"))
        monkeypatch.setattr("multistorageclient.shortcuts._STORAGE_CLIENT_CACHE", {})

    return write


def test_a_package_that_is_missing_is_named(profiles, monkeypatch):
    profiles("s3", base_path="bucket")
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "multistorageclient.providers.s3", raising=False)
    monkeypatch.setattr("multistorageclient.providers._imports", {})
    with pytest.raises(
        ValueError, match=r"msc://store/data needs a package .* pip install 'multi-storage-client\[boto3"
    ):
        locate("msc://store/data")


def test_a_profile_is_read_like_a_folder(profiles, corpus):
    profiles("file", base_path=corpus)
    found = read_corpus("msc://store", sample_rate=22050)
    assert found.datasets == read_corpus(str(corpus), sample_rate=22050).datasets


def test_ranges_and_sizes_are_those_of_the_file(tmp_path):
    (tmp_path / "file").write_bytes(bytes(range(100)))
    file = locate(str(tmp_path / "file"))
    assert size(file) == 100
    assert read(file) == bytes(range(100))
    assert read_range(file, 20, 30) == bytes(range(20, 50))
    assert read_range(file, 90, 30) == bytes(range(90, 100))


def test_whatever_a_provider_raises_is_an_error_of_reading(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("bucket is gone\nand more")

    monkeypatch.setattr(EPath, "read_bytes", fail)
    with pytest.raises(OSError, match=r"file: bucket is gone$"):
        read(locate(str(tmp_path / "file")))


def test_what_is_not_there_stays_a_missing_file(tmp_path):
    for access in (size, read, lambda file: read_range(file, 0, 1)):
        with pytest.raises(FileNotFoundError):
            access(locate(str(tmp_path / "gone")))
