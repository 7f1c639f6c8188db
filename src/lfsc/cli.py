"""The command `lfsc`: a table of verbs, whose imports happen when they are called."""

import sys
from importlib import import_module

from lfsc import __version__
from lfsc.cpu.waiting import spin_briefly
from lfsc.io.messages import one_line, printable
from lfsc.io.missing import explain_lack
from lfsc.io.start import end_on_signals, report_interruption, require_sound_start
from lfsc.io.streams import flush_stdout, make_streams_last

VERBS = {
    "train": "train a recipe: lfsc train RECIPE [key=value …]",
    "resume": "resume an interrupted run, or extend a finished one: lfsc resume RUN [key=value …]",
    "sweep": "train a recipe many times: lfsc sweep RECIPE key=1,2 'other=log(1e-5,1e-3)' trials=20",
    "runs": "the runs in a folder and their states: lfsc runs [DIR]",
    "report": "a page on runs, to read and to listen to: lfsc report RUN [RUN …]",
    "reconstruct": "speech through a codec and back: lfsc reconstruct IN OUT [--codec X]",
    "encode": "speech to token files: lfsc encode IN OUT [--codec X]",
    "decode": "token files to speech: lfsc decode IN OUT [--codec X]",
    "tokenize": "shards of speech to shards of tokens: lfsc tokenize SHARDS OUT [--codec X]",
    "detokenize": "shards of tokens to speech: lfsc detokenize SHARDS OUT [--codec X]",
    "evaluate": "measure codecs and write a report: lfsc evaluate [--codec X …] --data Y --out REPORT",
    "weights": "download the models that evaluate needs: lfsc weights fetch",
    "export": "weights for other programs: lfsc export CODEC OUT --format bundle",
    "info": "what a file or folder is: lfsc info X",
}
# What brings all that a verb needs, where that is not `train`.
EXTRAS = {"sweep": "train,sweep", "report": "evaluate", "evaluate": "evaluate", "export": "export"}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; what a user did wrong is printed in one line, with exit status 2."""
    if arguments is None:
        make_streams_last()
        end_on_signals()
        spin_briefly()
        arguments = sys.argv[1:]
    verb, *rest = arguments or ["--help"]
    try:
        with flush_stdout():
            return run(verb, rest)
    except (ValueError, OSError) as error:
        print(f"lfsc {verb}: {printable(one_line(error))}", file=sys.stderr)
        return 2
    except (ImportError, MemoryError) as error:
        if (reason := explain_lack(error, EXTRAS.get(verb, "train"))) is None:
            raise
        print(f"lfsc {verb}: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interruption:
        return report_interruption(interruption, f"lfsc {verb}: interrupted")


def run(verb: str, rest: list[str]) -> int:
    if verb in ("-h", "--help"):
        print(overview())
        return 0
    if verb in ("-V", "--version"):
        print(__version__)
        return 0
    if verb not in VERBS:
        print(f"lfsc: no verb {verb!r}; there are {', '.join(VERBS)}", file=sys.stderr)
        return 2
    require_sound_start(rest)
    return import_module(f"lfsc.commands.{verb}").main(rest)


def overview() -> str:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {verb:<{width}}  {text}" for verb, text in VERBS.items())
    return f"lfsc VERB …, the Low Frame-rate Speech Codec\n\n{verbs}\n\nlfsc VERB --help tells more."
