"""YAML of plain data, from files that anybody may have written."""

from pathlib import Path

import yaml

from lfsc.io.messages import first_line

MAX_BYTES = 1 << 18
LONGEST_NUMBER = 100
# What a value or a tag that YAML does not allow raises in its constructors, beside their own errors.
DAMAGE = (yaml.YAMLError, RecursionError, ValueError, TypeError, LookupError, AttributeError, OverflowError)


class PlainLoader(yaml.SafeLoader):
    """YAML without merge keys (<<), a few of which can make millions of entries."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
            raise ValueError("it has merge keys, <<")

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        # Numbers in sixties, 1:30:00, take the square of their length.
        if len(node.value) > LONGEST_NUMBER:
            raise ValueError(f"it has a number of {len(node.value)} digits")
        return super().construct_yaml_int(node)


PlainLoader.add_constructor("tag:yaml.org,2002:int", PlainLoader.construct_yaml_int)


def text_of(path: Path) -> bytes:
    """What `parse` takes of a file; ValueError where there is none."""
    if not path.is_file():
        raise ValueError(f"it has no {path.name}")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def parse(text: bytes, name: str) -> dict:
    """The mapping of a text in which only data is read, whatever classes it names."""
    if len(text) > MAX_BYTES:
        raise ValueError(f"{name} has more than {MAX_BYTES} bytes, which no codec's has")
    try:
        mapping = yaml.load(text, Loader=PlainLoader)
    except DAMAGE as error:
        raise ValueError(f"{name} is not YAML of plain data ({first_line(error)[:200]})") from error
    if not isinstance(mapping, dict):
        raise ValueError(f"{name} is not a mapping")
    return mapping
