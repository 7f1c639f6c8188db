"""The README.md of a bundle: what the codec is, how it is used, and on whose terms."""

from lfsc.formats.licences import SUBJECTS
from lfsc.models.codec import Codec
from lfsc.models.quantizer import GroupedFSQ
from lfsc.nn.size import count_millions
from lfsc.tokens.file import bits_per_code

CARD = """\
---
library_name: lfsc
tags: [audio, speech, neural-codec]
license: other
---
# A low frame-rate speech codec

Speech at {sample_rate:,} Hz, mono, to {num_codebooks} tokens a frame at {frame_rate:.2f} frames a second, and back.

| | |
|---|---|
| sample rate | {sample_rate} Hz |
| hop, frame rate | {hop_length} samples, {frame_rate:.3f} frames a second |
| tokens | {num_codebooks} codebooks of {codebook_size} codes, {quantizer} |
| bitrate | {bitrate:.3f} kbps ({packed:.3f} kbps packed at whole bits a token) |
| parameters | encoder {encoder:.2f} M, decoder {decoder:.2f} M |
| updates trained | {updates} |
| weight norm | {norm} |
| classes that are not lfsc's | {own_classes} |
| discriminators | {discriminators} |
| fingerprint of its tokens | `{fingerprint}` |

```python
import lfsc

codec = lfsc.load("this folder, or its name on a hub"{trust})
tokens, tokens_len = codec.encode(audio=audio)  # [B,T] float32 at {sample_rate} Hz → [B,{num_codebooks},F] int64
audio, audio_len = codec.decode(tokens=tokens)
```

Codecs with the same fingerprint make the same tokens; decode a codec's tokens with a codec that has its fingerprint.

## Licences

- Code: {code}.
- Weights: {weights}.
- Data that they were trained on: {data}.

## On a hub

The folder is a repository as it is: `hf upload OWNER/NAME .` uploads it, `lfsc.load("OWNER/NAME")` loads it.
"""


def model_card(codec: Codec, config: dict) -> str:
    """The card of a codec and of the config.yaml beside it."""
    own, is_fsq = config["own_classes"], isinstance(codec.quantizer, GroupedFSQ)
    modules = sorted({name.rpartition(".")[0] for name in own})
    return CARD.format(
        trust=f", trust={modules}" if own else "",
        sample_rate=codec.sample_rate,
        hop_length=codec.hop_length,
        frame_rate=codec.frame_rate,
        num_codebooks=codec.num_codebooks,
        codebook_size=codec.codebook_size,
        quantizer=f"FSQ levels {list(codec.quantizer.levels)}" if is_fsq else type(codec.quantizer).__name__,
        own_classes=", ".join(own) or "none",
        bitrate=codec.bitrate / 1000,
        packed=codec.num_codebooks * bits_per_code(codec.codebook_size) * codec.frame_rate / 1000,
        encoder=count_millions(codec.encoder),
        decoder=count_millions(codec.decoder),
        updates="unknown" if config["updates"] is None else f"{config['updates']:,}",
        norm="as trained" if config["weight_norm"] else "removed: for use, not for training",
        discriminators="in discriminators.safetensors, for fine-tuning" if "discriminators" in config else "none here",
        fingerprint=config["fingerprint"],
        **{subject: as_prose(config["licence"][subject]).rstrip(".") for subject in SUBJECTS},
    )


def as_prose(text: str) -> str:
    """A statement that anybody may have made, as one line without HTML."""
    return " ".join(text.split()).replace("<", "&lt;").replace(">", "&gt;")
