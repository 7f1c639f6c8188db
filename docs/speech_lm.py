"""A small speech language model: `python docs/speech_lm.py TOKENS OUT.wav [--codec X]`.

It learns to continue the speech in a folder of tokens that `lfsc tokenize` wrote, and then speaks: OUT.wav begins with
three seconds of a validation clip and goes on as the model does. TOKENS has the splits train and val. An example to
start from, which has every place where a language model and the tokens meet (docs/tokens.md).
"""

import argparse
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from math import log
from statistics import fmean

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

import lfsc
from lfsc.audio import files
from lfsc.tokens.dataset import TokenShards, pad
from lfsc.tokens.fingerprint import require_same_codec
from lfsc.tokens.layouts import Vocabulary, delay, undelay

LONGEST = 512  # steps that the model looks back
PROMPT = 3  # seconds


class SpeechLM(nn.Module):
    """A causal transformer over steps, each of which has one id of every codebook."""

    def __init__(self, vocabulary: Vocabulary, *, width: int, layers: int):
        super().__init__()
        self.num_codebooks, self.num_ids = vocabulary.num_codebooks, vocabulary.end + 1  # and one for padding
        self.register_buffer("starts", self.num_ids * torch.arange(self.num_codebooks)[:, None])
        self.embedding = nn.Embedding(self.num_codebooks * self.num_ids, width)
        self.position = nn.Embedding(LONGEST, width)
        layer = nn.TransformerEncoderLayer(width, width // 64, 4 * width, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.head = nn.Linear(width, self.num_codebooks * self.num_ids)
        for embedding in (self.embedding, self.position):
            nn.init.normal_(embedding.weight, std=0.02)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits [B,C,L,V] of the ids that follow each step of ids [B,C,L]."""
        steps = ids.shape[-1]
        x = self.embedding(ids + self.starts).sum(dim=1) + self.position.weight[:steps]
        mask = nn.Transformer.generate_square_subsequent_mask(steps, device=ids.device)
        logits = self.head(self.layers(x, mask=mask, is_causal=True))
        return logits.unflatten(-1, (self.num_codebooks, self.num_ids)).transpose(1, 2)


def bits_per_token(model: SpeechLM, ids: Tensor, padding: int) -> Tensor:
    """The cross-entropy of the tokens in ids [B,C,L], all but the first."""
    following = ids[..., 1:]
    logits = model(ids[..., :-1])
    return nn.functional.cross_entropy(logits.flatten(0, 2), following.flatten(), ignore_index=padding) / log(2)


def learn(model: SpeechLM, batches: Iterable[Tensor], optimizer: torch.optim.Optimizer, padding: int) -> float:
    """One epoch; the mean of its bits per token."""
    model.train()
    losses = []
    for ids in batches:
        loss = bits_per_token(model, ids, padding)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return fmean(losses)


@torch.no_grad()
def validate(model: SpeechLM, batches: Iterable[Tensor], padding: int) -> float:
    model.eval()
    return fmean(bits_per_token(model, ids, padding).item() for ids in batches)


@torch.no_grad()
def speak(model: SpeechLM, ids: Tensor, steps: int, *, temperature: float) -> Tensor:
    """Ids [1,C,L] with so many steps more, each drawn from what the model expects."""
    model.eval()
    for _ in range(steps):
        logits = model(ids[..., -LONGEST:])[0, :, -1, :-1]  # never padding, which is the last
        drawn = torch.multinomial((logits / temperature).softmax(dim=-1), num_samples=1)
        ids = torch.cat((ids, drawn[None]), dim=-1)
    return ids


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tokens", help="a folder of token shards")
    parser.add_argument("out", help="a WAV file")
    parser.add_argument("--codec", default="pocket", help="which made the tokens")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--width", type=int, default=256, help="a multiple of 64")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=5, help="to speak")
    parser.add_argument("--temperature", type=float, default=0.9)
    options = parser.parse_args()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    training = TokenShards(options.tokens, split="train", seed=0)
    validation = TokenShards(options.tokens, split="val")
    codec = lfsc.load(options.codec).to(device)
    require_same_codec(training.format.codec, codec, name=options.tokens)
    vocabulary = Vocabulary(training.format.num_codebooks, training.format.codebook_size, shared=True)
    padding = vocabulary.end
    layout = partial(delay, vocabulary=vocabulary, pad=padding)

    def batches(clips: TokenShards) -> Iterator[Tensor]:
        loader = DataLoader(clips, batch_size=8, collate_fn=partial(pad, value=padding, layout=layout))
        return (batch.tokens[..., :LONGEST].to(device) for batch in loader)

    torch.manual_seed(0)
    model = SpeechLM(vocabulary, width=options.width, layers=options.layers).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    for epoch in range(options.epochs):
        training.epoch = epoch  # another order
        learned = learn(model, batches(training), optimizer, padding)
        heard = validate(model, batches(validation), padding)
        print(f"epoch {epoch}: {learned:.2f} bits a token, of the validation's {heard:.2f}", flush=True)

    prompt = max(islice(validation, 100), key=lambda clip: clip.tokens.shape[-1])
    begin = prompt.tokens[:, : round(PROMPT * codec.frame_rate)]
    # Without the steps behind a clip's last frame, in which the first codebooks have ended.
    ids = layout(begin)[None, :, : begin.shape[-1]].to(device)
    ids = speak(model, ids, round(options.seconds * codec.frame_rate), temperature=options.temperature)
    audio, _ = codec.decode(tokens=undelay(ids, vocabulary))
    files.write(options.out, audio[0].cpu(), sample_rate=codec.sample_rate)
    print(f"{options.out} begins as {prompt.key}, for {PROMPT} s at most")


if __name__ == "__main__":
    main()
