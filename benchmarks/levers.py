"""What each lever of the update's speed gives: `python benchmarks/levers.py [--precision bf16-mixed] [LEVER …]`.

The full-size update without a lever, against the one with all of them, in one run; each in a process of its own.
"""

import argparse
import sys
import tempfile
from contextlib import nullcontext

from update import FULL_SIZE, run, write_wavlm

import lfsc.discriminators.layers
import lfsc.discriminators.slm
import lfsc.models.gradients
import lfsc.models.padding
import lfsc.reflection
import lfsc.training.module
from lfsc.discriminators.ensemble import Ensemble, Judgements, Views
from lfsc.training.module import CodecTraining


def stock_attention() -> None:
    lfsc.discriminators.slm.with_fused_attention = lambda slm: slm


def stock_reflection() -> None:
    for module in (lfsc.models.padding, lfsc.discriminators.layers):
        module.reflect = lambda x, *pads: lfsc.reflection.reflected(x, pads)


def stock_convolutions() -> None:
    lfsc.models.gradients.learning_on_cpu = lambda x, weight: False


def judges_apart() -> None:
    Ensemble.together = lambda self, views: Judgements(self(views.real), self(views.fake))


def judges_with_gradients() -> None:
    lfsc.training.module.untrained = lambda module: nullcontext()


def views_twice() -> None:
    judging_losses = CodecTraining.judging_losses

    def with_views_of_its_own(self, compared):
        seen = Views(*self.discriminators.views(compared.real, compared.fake.detach()))
        return judging_losses(self, compared._replace(views=seen))

    CodecTraining.judging_losses = with_views_of_its_own


WITHOUT = {
    "views, once an update": views_twice,
    "no gradients of the judges in the generator's turn": judges_with_gradients,
    "real and fake judged in one batch": judges_apart,
    "WavLM's attention, fused": stock_attention,
    "reflection with a gradient in one copy": stock_reflection,
    "gradients of dilated and strided convolutions": stock_convolutions,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precision", nargs="+", default=["32-true", "bf16-mixed"])
    parser.add_argument("--updates", type=int, default=4)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("levers", nargs="*", default=list(WITHOUT), metavar="LEVER", help="; ".join(WITHOUT))
    options = parser.parse_args()
    print("| precision | lever | update without it | with all | gain |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as wavlm:
        write_wavlm(wavlm)
        for precision in options.precision:
            worker = [wavlm, str(options.batch), str(options.updates), precision, FULL_SIZE]
            with_all = run([sys.executable, "our_update.py", *worker]).mean
            for lever in options.levers:
                without = run([sys.executable, "levers.py", "--worker", lever, *worker]).mean
                gain = f"{1 - with_all / without:.0%}"
                print(f"| {precision} | {lever} | {without:.2f} s | {with_all:.2f} s | {gain} |", flush=True)


def work(lever: str, *arguments: str) -> None:
    """What `our_update.py` does, with a lever taken away."""
    import our_update

    WITHOUT[lever]()
    sys.argv = ["our_update.py", *arguments]
    our_update.main()


if __name__ == "__main__":
    work(*sys.argv[2:]) if sys.argv[1:2] == ["--worker"] else main()
