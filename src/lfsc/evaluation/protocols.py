"""The sets of metrics that papers report; docs/protocols.md says where each is from and how far ours are theirs."""

PROTOCOLS: dict[str, tuple[str, ...]] = {
    "lfsc": ("squim_mos", "si_sdr", "mel_distance", "stft_distance", "cer"),
    "nanocodec": ("squim_mos", "pesq", "mel_distance", "speaker_similarity", "cer"),
    "codec-superb": ("mel_distance", "stft_distance", "pesq", "stoi", "f0_correlation", "wer"),
}


def is_wanted(name: str, protocol: str | None) -> bool:
    """Whether a metric belongs to the protocol; all do where there is none."""
    return protocol is None or name in PROTOCOLS[protocol]
