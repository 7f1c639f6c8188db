"""Both halves of a codec, written by an exporter and compared with the codec itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lfsc.export.graphs import (
    AudioToTokens,
    Graph,
    TokensToAudio,
    TokensToAudioStep,
    has_step,
    load_for_export,
    write_facts,
)
from lfsc.export.parity import Parity, measure_parity
from lfsc.formats.source import Source
from lfsc.io.atomic import make_folder
from lfsc.shards.index import CODEC_NAME


def write_halves(
    found: Source, out: Path, suffix: str, *, write: Callable[[Graph, Path], None], load: Callable[[Path], Any]
) -> Parity:
    """Write encoder, decoder and codec.json into `out`; how far what `load` makes of the files agrees with the codec.

    Of a causal decoder also decoder_step, which gives the audio of each frame as its tokens come.
    """
    codec = load_for_export(found)
    make_folder(out)
    graphs: dict[str, type] = {"encoder": AudioToTokens, "decoder": TokensToAudio}
    if has_step(codec):
        graphs["decoder_step"] = TokensToAudioStep
    else:
        # Of another codec, which is written over.
        (out / f"decoder_step{suffix}").unlink(missing_ok=True)
    for name, graph in graphs.items():
        write(graph(codec), out / f"{name}{suffix}")
    write_facts(out / CODEC_NAME, codec)
    encode, decode, *step = (load(out / f"{name}{suffix}") for name in graphs)
    if not step:
        return measure_parity(codec, encode, decode)
    return measure_parity(codec, encode, decode, step=step[0], state_size=TokensToAudioStep(codec).state_size)
