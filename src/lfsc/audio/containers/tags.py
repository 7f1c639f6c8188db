"""Tags of other formats that stand in front of recordings and behind them: ID3v1, ID3v2 and APE."""

LONGEST_HEADER = 32
ID3V1 = 128


def measure_tag(content: bytes) -> int:
    """The size in bytes of the tag that begins so; 0 where none does."""
    if content[:3] == b"ID3" and len(content) >= 10:
        size = 0
        for byte in content[6:10]:
            size = size << 7 | byte & 0x7F
        return 10 + size + (10 if content[5] & 0x10 else 0)
    if content[:3] == b"TAG":
        return ID3V1
    if content[:8] == b"APETAGEX":
        return LONGEST_HEADER + int.from_bytes(content[12:16], "little")
    return 0
