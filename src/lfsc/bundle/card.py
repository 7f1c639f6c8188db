"""The README.md of a bundle: what the codec is, how it is used, and under which terms."""

from lfsc.models.codec import Codec

UNSTATED = "not stated by whoever exported it; ask before you use it commercially"
