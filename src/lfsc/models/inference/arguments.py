"""What a caller can do wrong with a codec, told in one line that says what to do instead."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lfsc.nn.arguments import brief

# Speech in -1…1 overshoots a little where it was clipped and resampled; samples in 16-bit units are far beyond.
HIGHEST_PEAK = 2.0


def check_audio(audio: Tensor, *, sample_rate: int | None, expected_rate: int, device: torch.device) -> Tensor:
    """`audio` itself, float32 [B,T] on `device`."""
    if sample_rate not in (None, expected_rate):
        raise ValueError(
            f"audio at {sample_rate} Hz, the codec takes {expected_rate} Hz: resample it, for example with "
            f"lfsc.audio.resampling.resample(audio, from_rate={sample_rate}, to_rate={expected_rate})"
        )
    if not isinstance(audio, Tensor):
        raise ValueError(f"audio is a {type(audio).__name__}, expected a float32 tensor [batch, samples]")
    if audio.dim() != 2:
        hint = {1: ": write audio[None] for one clip", 3: ": write audio.squeeze(1) for mono"}.get(audio.dim(), "")
        raise ValueError(f"audio has shape {list(audio.shape)}, expected [batch, samples]{hint}")
    if audio.dtype != torch.float32:
        hint = "audio.float()" if audio.is_floating_point() else "audio.float() / 32768 for 16-bit samples"
        raise ValueError(f"audio is {audio.dtype}, expected torch.float32 in -1…1: write {hint}")
    return require_device(audio, "audio", device)


def check_tokens(tokens: Tensor, *, num_codebooks: int, device: torch.device) -> Tensor:
    """`tokens` as int64 [B,C,F] on `device`."""
    if not isinstance(tokens, Tensor):
        raise ValueError(f"tokens are a {type(tokens).__name__}, expected an integer tensor [batch, codebooks, frames]")
    if tokens.dim() != 3 or tokens.shape[1] != num_codebooks:
        hint = ": write tokens[None] for one clip" if tokens.shape[:-1] == (num_codebooks,) else ""
        hint = ": write tokens.mT" if tokens.dim() == 3 and tokens.shape[2] == num_codebooks else hint
        raise ValueError(f"tokens have shape {list(tokens.shape)}, expected [batch, {num_codebooks}, frames]{hint}")
    if tokens.is_floating_point() or tokens.is_complex() or tokens.dtype == torch.bool:
        raise ValueError(f"tokens are {tokens.dtype}, expected integers: write tokens.long()")
    return require_device(tokens, "tokens", device).long()


def check_lengths(length: Tensor | None, x: Tensor, *, name: str, unit: str) -> Tensor:
    """`length` as int64 [B] on the device of x [B,...,T], all of it where there is none."""
    batch, longest = x.shape[0], x.shape[-1]
    if batch == 0 or longest == 0:
        raise ValueError(f"{name.removesuffix('_len')} has shape {list(x.shape)}: there is nothing in it")
    if length is None:
        return torch.full((batch,), longest, device=x.device)
    try:
        length = torch.as_tensor(length, device=x.device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} is {brief(length)}, expected [{batch}], an integer per clip") from error
    if length.is_floating_point() or length.dtype == torch.bool or length.shape != (batch,):
        raise ValueError(
            f"{name} has shape {list(length.shape)} and is {length.dtype}, expected [{batch}], an integer per clip"
        )
    wrong = ((length < 1) | (length > longest)).nonzero().flatten().tolist()
    if wrong:
        raise ValueError(f"{name}[{wrong[0]}] is {int(length[wrong[0]])}, expected 1 to {longest} {unit}")
    return length.long()


def check_batch(x: Tensor, batch: int | None, *, name: str) -> int:
    """The number of clips of x [B,...] in a stream; `batch` is the one that it began with, None where it begins."""
    if batch not in (None, len(x)):
        raise ValueError(
            f"{name} of batch size {len(x)} in a stream that began with {batch}: give all clips in every "
            "call, until last=True ends them together; a stream of its own for each lets them end one by one"
        )
    return len(x)


def check_clips(clips: Sequence[int] | Tensor, *, batch: int, device: torch.device) -> Tensor:
    """`clips` of a batch, by number, as int64 [N] on `device`."""
    try:
        numbers = torch.as_tensor(clips, device=device).flatten()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"clips is {brief(clips)}, expected numbers from 0 to {batch - 1}") from error
    is_whole = not (numbers.dtype == torch.bool or numbers.is_floating_point() or numbers.is_complex())
    if numbers.numel() and not is_whole:
        hint = ": write mask.nonzero() for a mask" if numbers.dtype == torch.bool else ""
        raise ValueError(f"clips are {numbers.dtype}, expected numbers from 0 to {batch - 1}{hint}")
    if numbers.numel() and not 0 <= int(numbers.min()) <= int(numbers.max()) < batch:
        raise ValueError(f"clips {numbers.tolist()[:10]} of a stream of {batch}: expected 0 to {batch - 1}")
    return numbers.long()


def check_range(audio: Tensor) -> None:
    """Raise for audio [B,T] that is not finite or not in the range of speech."""
    low, high = audio.aminmax(dim=1)
    for clip, peak in enumerate(torch.maximum(-low, high).tolist()):
        if peak != peak or peak == float("inf"):
            raise ValueError(f"audio[{clip}] holds NaN or infinity: remove the clip or repair it")
        if peak > HIGHEST_PEAK:
            raise ValueError(f"audio[{clip}] peaks at {peak:.4g}, expected -1…1: scale it, 16-bit samples by 1/32768")


def check_codebook(tokens: Tensor, *, codebook_size: int) -> None:
    """Raise for tokens [B,C,F] that no codebook has."""
    wrong = ((tokens < 0) | (tokens >= codebook_size)).nonzero().tolist()
    if wrong:
        clip, codebook, frame = wrong[0]
        raise ValueError(
            f"tokens[{clip}, {codebook}, {frame}] is {int(tokens[clip, codebook, frame])}, expected 0 to "
            f"{codebook_size - 1}: are these another codec's tokens, or still offset for a language model?"
        )


def require_device(x: Tensor, name: str, device: torch.device) -> Tensor:
    if x.device != device:
        raise ValueError(f"{name} on {x.device}, the codec on {device}: write {name}.to(codec.device)")
    return x
