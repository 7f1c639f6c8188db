"""Archives of NeMo's, honest and not."""

import gzip
import random
import tarfile
import time

import pytest
import torch
from torch_archives import trap

import lfsc
from lfsc.config.instantiate import build
from lfsc.formats.architecture import read_architecture
from lfsc.formats.nemo.archive import Archive

CONFIG, CHECKPOINT = "./model_config.yaml", "./model_weights.ckpt"


def equal(module, weights) -> bool:
    state = module.state_dict()
    return state.keys() == weights.keys() and all(torch.equal(state[name], weights[name]) for name in state)


@pytest.mark.parametrize("compress", [False, True])
def test_codec_and_discriminators_come_back_bit_for_bit(compress, archive, change, make_codec, discriminators):
    change(archive, compress=compress)
    found = Archive(archive)
    assert equal(make_codec(), dict(found.codec_weights()))
    assert found.discriminators == discriminators
    build(found.discriminators).load_state_dict(dict(found.discriminator_weights()))
    assert equal(lfsc.load(archive), make_codec().state_dict())


def test_nvidias_reference_is_read_whole(reference, nemo_reference):
    loaded = lfsc.load(nemo_reference / "codec.nemo")
    assert equal(loaded, reference.codec.state_dict())
    assert torch.equal(loaded.encode(reference.arrays["clip"]).tokens, reference.arrays["clip_tokens"].long())


def test_the_names_before_torchs_parametrization_are_read_too(archive, change, make_codec):
    def older(config, state):
        for name in list(state):
            new = name.replace("parametrizations.weight.original0", "weight_g")
            state[new.replace("parametrizations.weight.original1", "weight_v")] = state.pop(name)

    assert equal(lfsc.load(change(archive, older)), make_codec().state_dict())


def test_a_configuration_around_the_models_is_read_too(archive, change, make_codec):
    def wrapped(config, state):
        model = dict(config)
        config.clear()
        config.update({"name": "AudioCodec", "trainer": {"devices": -1}, "model": model})

    assert equal(lfsc.load(change(archive, wrapped)), make_codec().state_dict())


def test_what_is_no_weight_of_ours_is_ignored(archive, change, make_codec):
    def more(config, state):
        state["discriminator.discriminators.0.discriminators.0.window"] = torch.ones(3)
        state["discriminator.discriminators.2.slm_model.ssl_model.encoder.bias"] = torch.ones(3)
        state["discriminator.discriminators.2.resample.kernel"] = torch.ones(3)
        state["mel_loss_fn.mel_features.0.fb"] = torch.ones(3)

    found = Archive(change(archive, more))
    assert equal(make_codec(), dict(found.codec_weights()))
    build(found.discriminators).load_state_dict(dict(found.discriminator_weights()))


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_members_may_be_named_and_packed_in_any_way(kind, prefix, archive, tmp_path, make_codec):
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    (tmp_path / "unpacked" / "artifacts").mkdir()
    (tmp_path / "unpacked" / "artifacts" / "notes.txt").write_text("made by hand")
    with tarfile.open(archive, "w:", format=kind) as tar:
        for path in sorted((tmp_path / "unpacked").rglob("*")):
            tar.add(path, arcname=prefix + str(path.relative_to(tmp_path / "unpacked")), recursive=False)
    assert equal(lfsc.load(archive), make_codec().state_dict())


@pytest.mark.parametrize("section", ["absent", "null", "empty"])
def test_a_generator_alone_has_no_discriminators(section, archive, change, make_codec):
    def alone(config, state):
        config["discriminator"] = {}
        if section != "empty":
            config["discriminator"] = None
        if section == "absent":
            del config["discriminator"]
        for name in [name for name in state if name.startswith("discriminator.")]:
            del state[name]

    found = Archive(change(archive, alone))
    assert found.discriminators is None and found.discriminator_weights() is None
    assert equal(make_codec(), dict(found.codec_weights()))


def test_sections_of_nemos_training_do_not_matter(archive, change, make_codec):
    def more(config, state):
        dataset = {"_target_": "nemo.collections.tts.data.vocoder_dataset.VocoderDataset", "sample_rate": "${rate}"}
        config |= {"train_ds": {"dataset": dataset}, "validation_ds": None, "log_config": {"a": [1]}, "rate": "${oops}"}
        config["optim"] = {"_target_": "torch.optim.AdamW", "weight_decay": 0.1}
        config["use_scl_loss"], config["commit_loss_scale"] = True, 0.25

    assert equal(lfsc.load(change(archive, more)), make_codec().state_dict())


def test_discriminators_may_stand_in_any_order(archive, change):
    family = {"_target_": "nemo.collections.tts.modules.audio_codec_modules.MultiPeriodDiscriminator", "periods": [3]}
    before = dict(Archive(archive).discriminator_weights())

    def turned(config, state):
        config["discriminator"]["discriminators"].insert(0, family)
        for place in (1, 0):
            for name in [name for name in state if name.startswith(f"discriminator.discriminators.{place}.")]:
                state[name.replace(f"discriminators.{place}.", f"discriminators.{place + 1}.", 1)] = state.pop(name)

    found = Archive(change(archive, turned))
    assert list(found.discriminators) == ["_target_", "period", "stft", "bands"]
    assert dict(found.discriminator_weights()).keys() == before.keys()
    assert all(torch.equal(found.discriminator_weights()[name], before[name]) for name in before)


def test_half_precision_becomes_float32(archive, change):
    def halved(config, state):
        state.update({name: tensor.half() for name, tensor in state.items() if tensor.is_floating_point()})

    codec = lfsc.load(change(archive, halved))
    assert {parameter.dtype for parameter in codec.parameters()} == {torch.float32}


def test_discriminators_that_have_no_equal_do_not_hinder_inference(archive, change, make_codec):
    def other(config, state):
        config["discriminator"]["discriminators"][0]["_target_"] = "nemo.collections.tts.modules.somewhere.New"

    assert equal(lfsc.load(change(archive, other)), make_codec().state_dict())
    with pytest.raises(ValueError, match=r"discriminators\.0\._target_ is 'nemo.*New'"):
        _ = Archive(archive).discriminators
    with pytest.raises(ValueError, match=r"New'.*: `lfsc export` makes a bundle of just its codec; init_from that"):
        read_architecture(archive)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda config, state: state.pop("audio_encoder.pre_conv.conv.bias"), "tensors are missing"),
        (lambda config, state: state.update({"audio_encoder.gate.bias": torch.ones(1)}), "left over.*gate"),
        (lambda config, state: config["audio_encoder"].update(base_channels=8), "its configuration says"),
        (lambda config, state: config["audio_encoder"].update(down_sample_rates="2, 4"), "rates is '2, 4'"),
        (lambda config, state: config["audio_encoder"].update(base_channels=1 << 40), "expected a whole number"),
        (lambda config, state: config["audio_decoder"].update(_target_="os.system"), "audio_decoder is a 'os.system'"),
        (lambda config, state: config.update(target="nemo.collections.asr.models.EncDecCTCModel"), "it holds a 'nemo"),
        (lambda config, state: config.update(model=["x"]), "not a mapping"),
        (lambda config, state: state.update({"audio_encoder.pre_conv.conv.bias": 3}), "no state dict"),
    ],
)  # fmt: skip
def test_archives_that_do_not_fit_are_refused(edit, reason, archive, change):
    with pytest.raises(ValueError, match=reason) as caught:
        lfsc.load(change(archive, edit))
    assert str(caught.value).startswith(f"{archive}: ") and "\n" not in str(caught.value)


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    "member",
    [
        link(CONFIG, "/etc/passwd", tarfile.SYMTYPE),
        link("hard", "../../etc/passwd", tarfile.LNKTYPE),
        link("device", "", tarfile.CHRTYPE),
        link("pipe", "", tarfile.FIFOTYPE),
        link("sparse", "", tarfile.GNUTYPE_SPARSE),
        tarfile.TarInfo("../outside"),
        tarfile.TarInfo("a/../../outside"),
        tarfile.TarInfo("/tmp/outside"),
    ],
    ids=lambda member: member.name,
)
def test_members_that_are_no_plain_files_below_are_refused(member, archive, make_tar, tmp_path):
    with tarfile.open(archive) as tar:
        files = {name: tar.extractfile(name).read() for name in (CONFIG, CHECKPOINT)}
    archive.write_bytes(make_tar(files, member))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=r"expected plain files and folders|lies outside the archive|tar is damaged"):
        lfsc.load(archive)
    assert sorted(tmp_path.rglob("*")) == before


def test_too_many_members_are_refused(archive, make_tar):
    archive.write_bytes(make_tar({f"{i}": b"" for i in range(1100)}))
    with pytest.raises(ValueError, match="more than 1000 members"):
        lfsc.load(archive)


def test_a_bomb_is_not_unpacked(archive):
    archive.write_bytes(gzip.compress(bytes(300_000_000), 9))
    assert archive.stat().st_size < 400_000
    with pytest.raises(ValueError, match="expands to more than 200 times its"):
        lfsc.load(archive)


def test_a_pickle_with_code_leaves_no_trace(archive, change, tmp_path):
    hostile = {"audio_encoder.pre_conv.conv.bias": trap(tmp_path / "trace")}
    change(archive, lambda config, state: state.update(hostile))
    with pytest.raises(ValueError, match="it names posix"):
        lfsc.load(archive)
    assert not (tmp_path / "trace").exists()


def test_yaml_with_code_leaves_no_trace(archive, make_tar, tmp_path):
    text = f"!!python/object/apply:os.system ['touch {tmp_path}/trace']"
    archive.write_bytes(make_tar({CONFIG: text.encode(), CHECKPOINT: b""}))
    with pytest.raises(ValueError, match="not YAML of plain data"):
        lfsc.load(archive)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("name", [CONFIG, CHECKPOINT])
def test_a_missing_member_is_named(name, archive, make_tar):
    with tarfile.open(archive) as tar:
        files = {other: tar.extractfile(other).read() for other in (CONFIG, CHECKPOINT) if other != name}
    archive.write_bytes(make_tar(files))
    with pytest.raises(ValueError, match=f"it has no {name[2:]}"):
        lfsc.load(archive)


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("share", [0.001, 0.3, 0.7, 0.99])
def test_a_cut_archive_is_refused(share, compress, archive, change):
    data = change(archive, compress=compress).read_bytes()
    archive.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=f"^{archive}: "):
        lfsc.load(archive)


@pytest.mark.slow
@pytest.mark.parametrize("compress", [False, True])
def test_damaged_bytes_give_one_line_or_a_codec(compress, archive, change):
    original, chance = change(archive, compress=compress).read_bytes(), random.Random(0)
    refused = 0
    for _ in range(60):
        data = bytearray(original)
        for _ in range(chance.choice([1, 1, 5, 50])):
            place = chance.choice([chance.randrange(len(data)), chance.randrange(6000)])
            data[place % len(data)] = chance.randrange(256)
        archive.write_bytes(data)
        try:
            lfsc.load(archive)
        except ValueError as error:
            refused += 1
            assert str(error).startswith(f"{archive}: ")
    assert refused > 10


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"},
        {"GNU.sparse.map": "0,1"},
        {"GNU.sparse.map": "x"},
        {"size": "-512"},
    ],
)
def test_members_that_are_sparse_or_of_a_negative_size_are_refused(headers, archive, make_tar):
    with tarfile.open(archive) as tar:
        files = {name: tar.extractfile(name).read() for name in (CONFIG, CHECKPOINT)}
    member = tarfile.TarInfo("odd")
    member.pax_headers = headers
    archive.write_bytes(make_tar(files, member))
    before = time.process_time()
    with pytest.raises(ValueError, match=r"expected plain files|tar is damaged") as said:
        lfsc.load(archive)
    assert "\n" not in str(said.value) and time.process_time() - before < 5
