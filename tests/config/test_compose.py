import pytest

from lfsc.config.compose import compose, override, recipe_names

DATA = "data.path=somewhere"


@pytest.mark.parametrize("recipe", recipe_names())
def test_every_recipe_composes_and_names_its_run(recipe):
    config = compose(recipe, [DATA, "init_from=weights"])
    assert config["name"] == recipe
    assert config["data"]["crop_length"] == config["crop_length"]
    assert config["codec"]["sample_rate"] == config["sample_rate"]


def test_the_papers_numbers():
    config = compose("lfsc_22khz", [DATA])
    weights = {
        name: loss["weight"]
        for group in ("reconstruction", "adversarial")
        for name, loss in config["losses"][group].items()
    }
    assert weights == {"mel": 1, "stft": 20, "adversarial": 1, "features": 1}
    assert (
        config["optimizers"]["generator"] | {"lr": 2e-4, "betas": [0.8, 0.99], "decay": 0.998}
        == config["optimizers"]["generator"]
    )
    assert (config["batch_size"], config["crop_length"], config["discriminator_update_period"]) == (16, 24576, 2)
    assert config["slm"]["path"] == "microsoft/wavlm-base-plus"


def test_a_slm_without_a_path_is_not_built():
    assert "slm" not in compose("small", [DATA])["discriminators"]
    assert "slm" not in compose("lfsc_22khz_no_slm", [DATA])["discriminators"]
    with_slm = compose("small", [DATA, "slm.path=/my/wavlm"])
    assert with_slm["discriminators"]["slm"]["slm"]["path"] == "/my/wavlm"


def test_a_loss_of_weight_zero_is_not_built():
    losses = compose("demo", ["losses.reconstruction.stft.weight=0", "losses.reconstruction.waveform.weight=0.5"])[
        "losses"
    ]
    assert set(losses["reconstruction"]) == {"mel", "waveform"}


def test_a_recipe_of_ones_own_includes_a_shipped_one(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("defaults: [demo, _self_]\nname: mine\nbatch_size: 3\n")
    config = compose(str(mine), ["seed=5"])
    assert (config["name"], config["batch_size"], config["data"]["batch_size"], config["seed"]) == ("mine", 3, 3, 5)


@pytest.mark.parametrize(
    ("recipe", "overrides", "message"),
    [
        ("nope", [], r"no recipe 'nope': there are demo, finetune, finetune_decoder, lfsc_22khz"),
        ("./nope.yaml", [], "no recipe './nope.yaml'"),
        ("demo", ["max_updats=3"], r"no key 'max_updats': did you mean max_updates\?"),
        ("demo", ["max_steps=3"], r"no key 'max_steps': set max_updates instead"),
        ("demo", ["trainer.max_steps=3"], r"no key 'trainer.max_steps': set max_updates instead"),
        ("demo", ["gradient_clip_val=1"], r"set optimizers.generator.clip_norm and "),
        ("demo", ["precision=bf16-mixed"], r"no key 'precision': did you mean trainer.precision\?"),
        ("demo", ["zebra=3"], r"no key 'zebra': demo has num_micro_batches, "),
        (
            "demo",
            ["losses.reconstruction.zebra.weight=1"],
            r"losses.reconstruction has mel, mel_l2, si_sdr, stft, waveform",
        ),
        ("demo", ["codec=huge"], r"no option 'huge' for codec: there are demo, lfsc, small"),
        ("demo", ["trainer=gpus"], r"no option 'gpus' for trainer: there are .*cpu.*ddp"),
        ("demo", ["max_updates=many"], r"max_updates=many: expected a whole number, such as \d+"),
        ("demo", ["optimizers.generator.lr=fast"], r"optimizers.generator.lr=fast: expected a number"),
        ("demo", ["data=radio"], "no option .radio. for data: there are shards"),
        ("demo", ["trainer"], r"'trainer' is not key=value"),
        ("small", [], r"small leaves data.path open: add data.path=…"),
    ],
)
def test_what_does_not_exist_is_answered_in_one_line(recipe, overrides, message):
    with pytest.raises(ValueError, match=message) as error:
        compose(recipe, overrides)
    assert "\n" not in str(error.value)


def test_text_that_looks_like_a_number_stays_text():
    config = compose("demo", ["name=7", "data.path=2024", "trainer.precision=32"])
    assert (config["name"], config["data"]["path"], config["trainer"]["precision"]) == ("7", "2024", "32")
    assert override(config, ["data.path=11"])["data"]["path"] == "11"


def test_a_runs_own_configuration_takes_overrides_of_its_keys():
    config = {"max_updates": 5, "trainer": {"devices": 1}}
    assert override(config, ["max_updates=9", "trainer.devices=2"]) == {"max_updates": 9, "trainer": {"devices": 2}}
    with pytest.raises(ValueError, match="no key 'max_updats'"):
        override(config, ["max_updats=9"])
    with pytest.raises(ValueError, match="expected a whole number"):
        override(config, ["max_updates=nine"])
    assert config["max_updates"] == 5


@pytest.mark.parametrize("text", ["${oc.env:HOME}", "x/${oc.decode:'[1]'}", "${seed}"])
def test_a_runs_configuration_reads_nothing_around_it(text):
    for config in ({"data": {"path": text}, "seed": 1}, {"freeze": [1, [text]], "seed": 1}):
        with pytest.raises(
            ValueError, match=r"(data\.path|freeze\.1\.0) is .* in the run's config.yaml: expected a value"
        ):
            override(config, ["seed=2"])
