"""What the package asks of a GPU, tried on an emulated one: everything lies there, and nothing waits without need."""

import copy
from types import SimpleNamespace
from unittest import mock

import pytest
import torch
from emulated_gpu import OnDevice, backward, emulated_gpu, numbers
from micro import do_without_trainer

from lfsc.audio import files
from lfsc.commands import decode, encode, reconstruct
from lfsc.commands.codec_options import load_codec, make_file_parser, prepare_codec
from lfsc.data.batch import Batch
from lfsc.training.build import build_module
from lfsc.training.callbacks.codebook_usage import CodebookUsage
from lfsc.training.callbacks.ema import EMA
from lfsc.training.callbacks.loss_gradient_norms import gradient_norms
from lfsc.training.callbacks.validation import Validation
from lfsc.training.precision import build_scaler

UPDATES = 4  # two of each kind; the first of each may prepare what stays
DTYPES = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
# NanoCodec's decoder, activations and discriminators, as narrow as they work.
NANO = (
    "codec=nano_small",
    "codec.encoder={channels: 2, rates: [4, 8], kernel_sizes: [3], dilations: [1]}",
    "codec.decoder={channels: 8, rates: [8, 4], kernel_sizes: [3], dilations: [1]}",
    "+discriminators.bands={_target_: lfsc.discriminators.bands.MultiBandSTFTDiscriminator, channels: 2, "
    "resolutions: [[256, 64, 256]], bands: [[0.0, 0.3], [0.3, 1.0]]}",
)


@pytest.fixture
def build(micro, tmp_path):
    def make(*overrides: str):
        torch.manual_seed(0)
        return build_module(micro.configuration(tmp_path / "corpus", tmp_path / "runs", *overrides))

    return make


def set_up(module, precision: str, run_backward):
    """Optimizers and schedules without a trainer."""
    do_without_trainer(module, run_backward)
    for optimizer in module.gan_optimizers.values():
        optimizer.scaler = build_scaler(precision)
    return module


def update(module, audio, number: int, precision: str) -> dict[str, float]:
    dtype = DTYPES.get(precision)
    with torch.autocast(audio.device.type, dtype, enabled=dtype is not None):
        module.training_step(type("Batch", (), {"audio": audio}), number)
    return {name: float(numbers(module.scalars[name])) for name in module.loss_weights}


@pytest.mark.parametrize(
    ("precision", "overrides"),
    [
        ("32-true", ()),
        pytest.param("bf16-mixed", (), marks=pytest.mark.slow),
        pytest.param("16-mixed", (), marks=pytest.mark.slow),
        pytest.param("32-true", ("num_micro_batches=2", "activation_checkpointing=true"), marks=pytest.mark.slow),
        pytest.param("bf16-mixed", NANO, marks=pytest.mark.slow),
    ],
)
def test_updates_stay_on_the_device_and_wait_for_nothing(build, precision, overrides):
    plain = build("optimizers.generator.clip_norm=1.0", *overrides)
    ours = copy.deepcopy(plain)
    audio = 0.1 * torch.randn(2, 4096)
    set_up(plain, "32-true", torch.Tensor.backward)
    expected = [update(plain, audio, number, precision) for number in range(UPDATES)]
    with emulated_gpu() as gpu:
        set_up(ours.to("cuda:0"), precision, backward)
        audio, found = audio.to("cuda:0"), []
        for number in range(UPDATES):
            gpu.forget()
            found.append(update(ours, audio, number, precision))
            # The counts of skipped steps begin on the host.
            assert not gpu.waits and (number == 0 or not gpu.uploads)
    for optimizer in ours.optimizers():
        for state in optimizer.state.values():
            assert all(isinstance(value, OnDevice) for value in state.values())
    # float16 skips steps while its scale settles.
    compared = 1 if precision == "16-mixed" else UPDATES
    for ours_now, plain_now in zip(found[:compared], expected[:compared], strict=True):
        assert ours_now == pytest.approx(plain_now, rel=1e-5 if precision == "32-true" else 0.1)


def test_gradients_of_indices_do_not_fill_tensors_with_zeros(build):
    """Of a dimension of one, an index and a squeeze are the same, but for what their gradients cost."""
    with emulated_gpu() as gpu:
        module = set_up(build().to("cuda:0"), "32-true", backward)
        update(module, torch.zeros(2, 4096, device="cuda:0"), 0, "32-true")
        assert gpu.issued["reflection_pad2d_backward"] > 20
        assert gpu.issued["select_backward"] < 5


def measured(module, audio, lengths, run_backward) -> dict[str, float]:
    """What callbacks measure around an update, and in a validation of the averaged weights."""
    trainer = SimpleNamespace(is_global_zero=True, callback_metrics={})
    trainer.strategy = SimpleNamespace(reduce=lambda values, reduce_op: values)
    usage, ema = CodebookUsage(window=1), EMA(decay=0.9)
    validation = Validation(every=1, max_updates=1, sample_rate=22050)
    for callback in (usage, ema):
        callback.on_train_start(trainer, module)
    update(set_up(module, "32-true", run_backward), audio, 0, "32-true")
    for callback in (usage, ema):
        callback.on_train_batch_end(trainer, module)
    norms = numbers(gradient_norms(module, audio))
    module.eval()
    validation.on_validation_epoch_start(trainer, module)
    ema.on_validation_start(trainer, module)
    batch = Batch(audio, ["a", "b", "c"], [], lengths)
    with torch.no_grad():
        validation.on_validation_batch_end(trainer, module, module.validation_step(batch, 0), batch)
        validation.on_validation_epoch_end(trainer, module)
    # As a resumed run begins.
    for network, optimizer in module.gan_optimizers.items():
        optimizer.load_state_dict(optimizer.state_dict())
        torch_optimizer = module.torch_optimizer(network)
        torch_optimizer.load_state_dict(torch_optimizer.state_dict())
    return module.measured | module.validation | norms | update(module, audio, 1, "32-true")


@pytest.mark.slow
def test_what_is_measured_around_updates_is_measured_on_the_device(build):
    plain = build()
    ours = copy.deepcopy(plain)
    audio, lengths = 0.1 * torch.randn(3, 4096), torch.tensor([4096, 3000, 2500])
    audio[torch.arange(4096) >= lengths[:, None]] = 0
    expected = measured(plain, audio, lengths, torch.Tensor.backward)
    with emulated_gpu():
        found = measured(ours.to("cuda:0"), audio.to("cuda:0"), lengths.to("cuda:0"), backward)
    assert {name: float(value) for name, value in found.items()} == pytest.approx(expected, rel=1e-4, abs=1e-5)


CAUSAL = {"causal": True, "activation": "half_snake", "output_activation": "clamp", "grouped_upsampling": True}


REPLICATING = CAUSAL | {"pad_mode": "replicate", "channels": 8}


@pytest.mark.parametrize("shape", [{}, REPLICATING, {"causal": True, "causal_encoder": True}])
def test_tokens_and_audio_are_the_cpus_whole_and_as_a_stream(make_codec, shape):
    codec = make_codec(**shape)
    hop_length = codec.hop_length
    audio, lengths = 0.1 * torch.randn(3, 40 * hop_length), torch.tensor([40 * hop_length, 33 * hop_length - 5, 70])
    tokens = codec.encode(audio, lengths)
    expected, one = codec.decode(*tokens).audio, codec.decode(tokens.tokens[:1]).audio
    with emulated_gpu() as gpu, torch.no_grad():
        ours, audio = codec.to("cuda:0"), audio.to("cuda:0")
        found = ours.encode(audio, lengths, chunk_seconds=0.005)
        assert torch.equal(numbers(found.tokens), tokens.tokens)
        torch.testing.assert_close(numbers(ours.decode(*found, chunk_seconds=0.005).audio), expected)
        stream, pieces, sound = ours.stream(), [], []
        for number in range(5):
            gpu.forget()
            begin = 8 * number * hop_length
            pieces.append(stream.encode(audio[:1, begin : begin + 8 * hop_length], last=number == 4))
            sound.append(stream.decode(pieces[-1], last=number == 4))
            # Whether the audio is speech, and the tokens the codec's.
            assert len({wait.split()[-1] for wait in gpu.waits}) <= 2 and not gpu.uploads
    assert torch.equal(numbers(torch.cat(pieces, -1)), tokens.tokens[:1])
    torch.testing.assert_close(numbers(torch.cat(sound, -1)), one, rtol=0, atol=1e-6)


def test_pieces_of_a_clip_do_not_wait_for_each_other(make_codec):
    codec = make_codec()
    lengths = torch.tensor([80 * codec.hop_length, 63 * codec.hop_length - 5])
    with emulated_gpu() as gpu, torch.no_grad():
        codec, audio = codec.to("cuda:0"), torch.zeros(2, 80 * codec.hop_length, device="cuda:0")
        waits = []
        for seconds in (15, 10 * codec.hop_length / codec.sample_rate):
            gpu.forget()
            codec.decode(*codec.encode(audio, lengths, chunk_seconds=seconds), chunk_seconds=seconds)
            waits.append(gpu.waits)
    assert waits[0] == waits[1]


def test_commands_code_files_there(tmp_path):
    files.write(tmp_path / "in" / "a.wav", 0.1 * torch.randn(8000), sample_rate=16000)
    tokens, back = (str(tmp_path / name) for name in ("tokens", "back"))
    with emulated_gpu() as gpu, mock.patch("torch.cuda.device_count", lambda: 1):
        assert encode.main([str(tmp_path / "in"), tokens, "--device", "cuda"]) == 0
        assert decode.main([tokens, back, "--device", "cuda:0", "--precision", "bf16"]) == 0
        assert reconstruct.main([str(tmp_path / "in"), back, "--device", "cuda", "--overwrite"]) == 0
        assert gpu.issued["convolution"] > 100
    load_codec.cache_clear()
    assert len(files.load(tmp_path / "back" / "a.wav", sample_rate=22050)) == 11025


def test_a_command_and_the_worker_that_it_is_itself_load_the_codec_once():
    options = make_file_parser("tokenize", "").parse_args(["in", "out"])
    load_codec.cache_clear()
    with emulated_gpu():
        ready = prepare_codec(options, torch.device("cuda"))
        assert prepare_codec(options, torch.device("cuda:0"), is_worker=True) is ready
    load_codec.cache_clear()


def test_the_emulation_refuses_what_a_device_would_and_sees_what_waits():
    with emulated_gpu() as gpu:
        there = torch.ones(3, device="cuda:0")
        with pytest.raises(RuntimeError, match="lies on the host"):
            there + torch.ones(3)
        with pytest.raises(RuntimeError, match="lies on the host"):
            torch.stack([there[0], torch.tensor(1.0)])
        with pytest.raises(RuntimeError, match="lies on the host"):
            torch.tensor(1.0).add_(there[0])
        assert not gpu.waits and not gpu.uploads
        assert (there * torch.tensor(2.0)).tolist() == [2, 2, 2]
        assert (there > 0).all() and len(there[there > 0]) == 3
        assert [wait.split()[0] for wait in gpu.waits] == ["_to_copy", "_local_scalar_dense", "index"]
        torch.tensor([1.0], device="cuda:0")
        torch.where(there > 0, there, torch.tensor(0.0))
        assert len(gpu.uploads) == 2
        torch.where(there > 0, there, 0.0)
        assert len(gpu.uploads) == 2


def test_the_emulations_gradients_are_autograds(build):
    module = build()
    audio = 0.1 * torch.randn(2, 4096)

    def gradients(run_backward):
        module.zero_grad()
        run_backward(sum(module.losses(audio, module.codec(audio).audio).values()))
        return [parameter.grad for parameter in module.parameters()]

    for ours, autograds in zip(gradients(backward), gradients(torch.Tensor.backward), strict=True):
        torch.testing.assert_close(ours, autograds)
