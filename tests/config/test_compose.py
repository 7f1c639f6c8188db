import pytest
import yaml

from lfsc.config.compose import compose
from lfsc.config.recipe_file import as_yaml
from lfsc.config.recipes import recipe_names
from lfsc.config.run_config import check_is_current, check_places, override

DATA = "data.path=somewhere"


@pytest.fixture(scope="module")
def demo():
    """The recipe as it is; nobody may change it."""
    return compose("demo", [])


@pytest.mark.parametrize("recipe", recipe_names())
def test_every_recipe_composes_and_names_its_run(recipe):
    config = compose(recipe, [DATA, "init_from=weights"])
    assert config["name"] == recipe
    assert config["data"]["crop_length"] == config["crop_length"]
    assert config["codec"].get("sample_rate") == config["sample_rate"] or config["codec"] == {"from_weights": True}


def test_the_papers_numbers():
    config = compose("lfsc_22khz", [DATA])
    weights = {
        name: loss["weight"]
        for group in ("reconstruction", "adversarial")
        for name, loss in config["losses"][group].items()
    }
    assert weights == {"mel": 1, "stft": 20, "adversarial": 1, "features": 1}
    for settings in config["optimizers"].values():
        assert (settings["_target_"], settings["lr"], settings["betas"]) == ("torch.optim.Adam", 2e-4, [0.8, 0.99])
        assert (settings["schedule"]["decay"], settings["schedule"]["period"]) == (0.998, 5000)
    assert (config["batch_size"], config["crop_length"], config["discriminator_update_period"]) == (16, 24576, 2)
    assert config["slm"]["path"] == "microsoft/wavlm-base-plus"


def test_a_slm_without_a_path_is_not_built():
    assert "slm" not in compose("small", [DATA])["discriminators"]
    assert "slm" not in compose("lfsc_22khz_no_slm", [DATA])["discriminators"]
    with_slm = compose("small", [DATA, "slm.path=/my/wavlm"])
    assert with_slm["discriminators"]["slm"]["slm"]["path"] == "/my/wavlm"


@pytest.mark.parametrize("recipe", ["small", "nano_small", "pocket", "lfsc_22khz_no_slm"])
def test_a_recipe_without_a_slm_takes_any(recipe):
    assert compose(recipe, [DATA, "slm=wavlm"])["slm"]["path"] == "microsoft/wavlm-base-plus"
    assert compose(recipe, [DATA, "slm=random"])["discriminators"]["slm"]["slm"]["width"] == 16


def test_a_loss_of_null_is_not_built():
    assert set(compose("lfsc_22khz", [DATA, "losses.reconstruction.mel=null"])["losses"]["reconstruction"]) == {"stft"}


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
        ("nope", [], r"no recipe 'nope': there are demo, finetune, .*lfsc_22khz"),
        ("./nope.yaml", [], "no recipe './nope.yaml'"),
        ("demo", ["max_updats=3"], r"no key 'max_updats': did you mean max_updates\?"),
        ("demo", ["max_steps=3"], r"no key 'max_steps': set max_updates instead"),
        ("demo", ["trainer.max_steps=3"], r"no key 'trainer.max_steps': set max_updates instead"),
        ("demo", ["gradient_clip_val=1"], r"set optimizers.generator.clip_norm and "),
        ("demo", ["precision=bf16-mixed"], r"no key 'precision': did you mean trainer.precision\?"),
        ("demo", ["zebra=3"], r"no key 'zebra': a recipe has activation_checkpointing, "),
        (
            "demo",
            ["losses.reconstruction.zebra.weight=1"],
            r"losses.reconstruction has mel, mel_l2, si_sdr, stft, waveform",
        ),
        ("demo", ["codec=huge"], r"no option 'huge' for codec: there are demo, .*, small"),
        ("demo", ["trainer=gpus"], r"no option 'gpus' for trainer: there are .*cpu.*ddp"),
        ("demo", ["max_updates=many"], r"max_updates=many: expected a whole number, such as \d+"),
        ("demo", ["optimizers.generator.lr=fast"], r"optimizers.generator.lr=fast: expected a number"),
        ("demo", ["optimizers.generator.lr=.inf"], "optimizers.generator.lr=inf: expected a number, such as "),
        ("demo", ["losses.reconstruction.mel.weight=-.inf"], "mel.weight=-inf: expected a number"),
        ("demo", ["data.batch_size=x"], "data.batch_size=x: expected a whole number, such as 16"),
        ("demo", ["data.seed=1.5"], "data.seed=1.5: expected a whole number"),
        ("demo", ["optimizers.generator.schedule.period=[1]"], r"schedule.period=\[1\]: expected a whole number"),
        ("demo", ["initialization=[torch]"], r"initialization=\['torch'\]: expected one text, such as variance"),
        ("demo", ["trainer.precision=[bf16]"], r"trainer.precision=\['bf16'\]: expected one text, such as 32-true"),
        ("demo", ["batch_size=${name}"], "batch_size=demo: expected a whole number, such as 16"),
        ("demo", ["freeze=encoder"], "freeze=encoder: expected a list$"),
        ("demo", ["codec.encoder.rates=2"], r"codec.encoder.rates=2: expected a list, such as \["),
        ("demo", ["data=[1]"], r"data=\[1\]: expected one of the options of data, which are shards"),
        ("demo", ["logger=null"], r"logger=null: expected one of the options of logger, which are csv, "),
        ("demo", ["trainer=größe"], "no option 'größe' for trainer: there are auto, cpu, ddp"),
        ("demo", ["losses.reconstruction.mel.loss=null"], "mel.loss=null: expected a section of keys"),
        ("demo", ["losses.reconstruction.mel.weight=null"], "mel.weight=null: expected a number, such as 1.0"),
        ("demo", ["data.path=[mine,other]"], r"data.path=\['mine', 'other'\]: expected one text"),
        ("demo", ["name={a: 1}"], r"name=\{'a': 1\}: expected one text"),
        ("demo", ["init_from=[a]"], r"init_from=\['a'\]: expected one text"),
        ("demo", ["losses.reconstruction=null"], "losses.reconstruction=null: expected a section of keys"),
        ("demo", ["data.path=null"], "data.path=null: expected one text"),
        ("demo", ["+seed=3"], r"\+seed=3: there is a seed already; seed=… changes it"),
        ("demo", ["data.blend=[1]"], r"data.blend=\[1\]: expected a section of keys$"),
        ("demo", ["freeze={a: 1}"], r"freeze=\{a: 1\}: expected a list$"),
        ("demo", ["name.x=3"], "no key 'name.x': name is demo, expected a section of keys"),
        (
            "demo",
            ["optimizers.generator.schedule=null", "optimizers.generator.schedule.decay=1"],
            "schedule is null, exp",
        ),
        ("demo", ["discriminators.slm.slm.layers=1"], "discriminators.slm.slm stands for slm; set slm.layers instead"),
        ("demo", ["callbacks.x.y=3"], "no key 'callbacks.x': callbacks has none$"),
        ("demo", ["~data._target_"], "data has no _target_: expected a class, such as lfsc.training.datamodule.Codec"),
        ("demo", ["data=radio"], "no option .radio. for data: there are shards"),
        ("demo", ["trainer"], r"'trainer' is not key=value"),
        ("demo", ["debug=all"], "no option 'all' for debug: there are anomaly, none, overfit, profile"),
        ("demo", ["logger=[tensorboard,paper]"], "no option 'paper' for logger: there are csv, tensorboard, wandb"),
        ("demo", ["+codec.encoder.activaton=snake"], r"no key 'codec.encoder.activaton': codec.encoder has "),
        ("demo", ["~zebra"], "zebra"),
        ("demo", ["~max_updates"], "demo lacks max_updates"),
        (
            "demo",
            ["~trainer.devices"],
            "~trainer.devices: trainer needs its devices; set it to .*, such as 1",
        ),
        ("demo", ["~losses.reconstruction"], "~losses.reconstruction: losses needs its reconstruction"),
        ("demo", ["~losses.reconstruction.mel.weight"], "losses.reconstruction.mel needs its weight; .* such as 1.0"),
        ("demo", ["~optimizers.generator"], "optimizers needs its generator"),
        ("demo", ["discriminators._target_=null"], "discriminators has no _target_: expected a class, such as lfsc"),
        ("demo", ["hydra.run.dir=here"], "hydra.run.dir=here: Hydra starts nothing here; runs_root and name say where"),
        ("demo", ["hydra/launcher=joblib"], "Hydra starts nothing here"),
        ("small", [], r"small leaves data.path open: add data.path=…"),
        ("finetune", [DATA], r"finetune leaves init_from open: add init_from=…"),
        ("finetune_decoder", [DATA], r"finetune_decoder leaves init_from open: add init_from=…"),
    ],
)
def test_what_does_not_exist_is_answered_in_one_line(recipe, overrides, message):
    with pytest.raises(ValueError, match=message) as error:
        compose(recipe, overrides)
    assert "\n" not in str(error.value)


@pytest.fixture
def own(tmp_path):
    """Writes a recipe of one's own, and options beside it, and composes it."""

    def write_and_compose(text, overrides=(), **options):
        for group, option in options.items():
            (tmp_path / group).mkdir()
            (tmp_path / group / "mine.yaml").write_text(option)
        (tmp_path / "mine.yaml").write_text(text)
        return compose(str(tmp_path / "mine.yaml"), list(overrides))

    return write_and_compose


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_updats: 7", r"no key 'max_updats': did you mean max_updates\?"),
        (
            "losses: {reconstruction: {stft: {wieght: 3}}}",
            r"no key 'losses.reconstruction.stft.wieght': did you mean w",
        ),
        ("batch_size: many", r"batch_size=many: expected a whole number, such as \d+"),
        ("batch_size: {clips: 3}", "batch_size={'clips': 3}: expected a whole number"),
        ("max_epochs: 3", "no key 'max_epochs': set max_updates instead"),
        ("ckpt_path: a.ckpt", "no key 'ckpt_path': set init_from for its weights, or run `lfsc resume RUN`, instead"),
        ("lr: 1e-3", "no key 'lr': set optimizers.generator.lr and optimizers.discriminators.lr instead"),
        ("precision: bf16-mixed", r"no key 'precision': did you mean trainer.precision\?"),
        ("codec: {encoder: {chanels: 3}}", r"no key 'codec.encoder.chanels': did you mean channels\?"),
        (
            "discriminators: {stfft: {channels: 3}}",
            r"no key 'discriminators.stfft': did you mean stft\? \(a new one has",
        ),
        (
            "losses: {reconstruction: {mine: {_target_: a.B}}}",
            r"reconstruction.mine'.* \(a new one has weight and loss\)",
        ),
        ("callbacks: {mine: 3}", r"no key 'callbacks.mine': .* \(a new one has _target_\)"),
        ("hydra: {run: {dir: here}}", "mine.yaml has a section hydra: Hydra starts nothing here"),
        ("seed: [", r"^mine.yaml, line 3: expected the node content, but found"),
        ("data: [1]", r"data=\[1\]: expected a section of keys"),
        ("codec: {encoder: {rates: {a: 1}}}", r"codec.encoder.rates=\{'a': 1\}: expected a list"),
        ("name: a${b", r"^mine: no viable alternative at input '\$\{b'"),
        ("data: !!set {a}", "^mine: Value 'set' is not a supported primitive type"),
    ],
)
def test_what_is_wrong_in_a_recipe_of_ones_own_is_answered_in_one_line(own, text, message):
    with pytest.raises(ValueError, match=message) as error:
        own(f"defaults: [demo, _self_]\n{text}\n")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "override", "message"),
    [
        ("data: null", "data.path=x", "no key 'data.path': data is null, expected a section of keys"),
        ("optimizers: {generator: 5}", "optimizers.generator.lr=1", "optimizers.generator is 5, expected a section"),
    ],
)
def test_what_a_recipe_has_in_the_place_of_a_section_is_said_where_a_key_of_it_is_set(own, text, override, message):
    with pytest.raises(ValueError, match=message):
        own(f"defaults: [demo, _self_]\n{text}\n", [override])


@pytest.mark.parametrize(
    ("group", "option", "message"),
    [
        ("trainer", "defaults: [auto, _self_]\nprecison: bf16-mixed", r"no key 'trainer.precison': did you mean prec"),
        (
            "losses",
            "defaults: [lfsc, _self_]\nreconstruction: {stft: {wieght: 3}}",
            r"stft.wieght': did you mean weight",
        ),
        ("optimizers", "defaults: [adam, _self_]\ngenerator: {lrr: 1}", r"no key 'optimizers.generator.lrr'"),
        (
            "codec",
            "defaults: [small, _self_]\nencoder: {channels: many}",
            "codec.encoder.channels=many: expected a who",
        ),
        ("trainer", "precision: [", "^mine.yaml, line 1: expected the node content"),
    ],
)
def test_what_is_wrong_in_an_option_of_ones_own_is_answered_in_one_line(own, group, option, message):
    with pytest.raises(ValueError, match=message) as error:
        own(f"defaults: [demo, override {group}: mine, _self_]\n", **{group: option})
    assert "\n" not in str(error.value)


def test_an_option_of_ones_own_may_build_other_classes(own):
    sgd = "{_target_: torch.optim.SGD, _partial_: true, lr: 0.1}"
    config = own(
        "defaults: [demo, override optimizers: mine, _self_]\n",
        ["optimizers.generator.lr=0.2"],
        optimizers=f"generator: {sgd}\ndiscriminators: {sgd}",
    )
    assert config["optimizers"]["generator"] == {"_target_": "torch.optim.SGD", "_partial_": True, "lr": 0.2}


def test_a_class_takes_what_conf_does_not_set(own):
    config = own(
        "defaults: [demo, _self_]\noptimizers: {generator: {amsgrad: true}}\n", ["+codec.decoder.pad_mode=zeros"]
    )
    assert config["optimizers"]["generator"]["amsgrad"] is True
    assert config["codec"]["decoder"]["pad_mode"] == "zeros"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("defaults: [mine, _self_]", "mine.yaml: its `defaults`, or those of a recipe among them, name itself$"),
        ("defaults: [nowhere, _self_]", r"^mine: In 'mine': Could not load 'nowhere'\.$"),
        ("name: mine", r"mine lacks .*: a recipe extends train or another recipe, as by `defaults: \[demo, _self_\]`"),
        ("", "a recipe extends train or another recipe"),
        ("max_updates: 5", "a recipe extends train or another recipe"),
        ("- demo", "mine.yaml is a list: expected keys and values, as name: mine"),
    ],
)
@pytest.mark.parametrize("overrides", [[], ["data.path=x"]])
def test_a_recipe_that_extends_nothing_or_itself_is_refused(own, text, message, overrides):
    with pytest.raises(ValueError, match=message) as error:
        own(text, overrides)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("override", ["~discriminators.stft", "discriminators.stft=null"])
def test_a_family_can_be_left_out(override):
    families = compose("demo", [override])["discriminators"]
    assert [name for name in families if name in ("stft", "period", "slm")] == ["period", "slm"]


def test_debug_is_a_group_in_a_recipe_as_on_the_command_line(own, demo):
    asked = compose("demo", ["debug=overfit"])
    written = own("defaults: [demo, override debug: overfit, _self_]\n")
    for config in (asked, written):
        assert config["debug"] == {"overfit": True, "anomaly": False, "profile": 0}
        assert config["runs_root"] == "runs/debug"
    assert compose("demo", ["debug=anomaly"])["max_consecutive_nonfinite"] == 1
    assert not any(demo["debug"].values())


WHOLE = {
    "trainer": "cpu",
    "data": "shards",
    "optimizers": "adamw_cosine",
    "callbacks": "early_stopping",
    "logger": "tensorboard",
    "losses": "nano",
    "slm": "none",
    "codec": "small",
    "discriminators": "nano",
    "debug": "anomaly",
}


def test_a_whole_recipe_takes_options_in_the_place_of_its_sections(own, demo):
    asked = [*(f"{group}={option}" for group, option in WHOLE.items()), DATA, "losses.reconstruction.mel.weight=7"]
    config = own(as_yaml(demo), asked)
    shipped = compose("lfsc_22khz", [*asked, f"max_updates={demo['max_updates']}"])
    sections = WHOLE.keys() - {"data"}
    assert {name: config[name] for name in sections} == {name: shipped[name] for name in sections}
    # What data takes from other keys, it takes from those of the recipe.
    assert config["data"]["batch_size"] == demo["batch_size"] and config["data"]["max_val_clips"] == 256
    assert (config["max_consecutive_nonfinite"], config["runs_root"]) == (1, "runs/debug")


def test_so_does_one_that_extends_a_whole_one_of_ones_own_options(own, demo, tmp_path):
    (tmp_path / "whole.yaml").write_text(as_yaml(demo))
    option = "defaults: [cpu, _self_]\nprecision: bf16-mixed\n"
    config = own("defaults: [whole, _self_]\n", ["trainer=mine"], trainer=option)
    assert (config["trainer"]["accelerator"], config["trainer"]["precision"]) == ("cpu", "bf16-mixed")


def test_two_loggers_at_once(demo):
    config = compose("demo", ["logger=[tensorboard,wandb]", "logger.wandb.mode=offline"])
    assert list(config["logger"]) == ["tensorboard", "wandb"] and config["logger"]["wandb"]["mode"] == "offline"
    assert demo["logger"] == {}


def test_what_is_open_may_stay_open_to_be_shown():
    config = compose("finetune", [], missing_allowed=True)
    assert (config["init_from"], config["data"]["path"]) == ("???", "???")


# How people write names, dates, versions and languages, and what other readers of YAML take them for.
WORDS = ["2024_01_15", "1e5", "1.10", "012", "1:30", "true", "no", "007", "0x1F", "1_000", "on", "Größe", "+5", "True"]


@pytest.mark.parametrize("word", WORDS)
def test_a_text_is_what_was_written_wherever_it_was_written(own, demo, word, tmp_path):
    keys = {"name": word, "data.path": word, "data.filter.languages": f"[{word}, sv]", "init_from": word}
    items = [f"{key}={value}" for key, value in keys.items()]
    weights = f"data.blend.weights={{{word}: 2, sv: 1.50}}"
    asked = compose("demo", [*items, weights])
    written = own(
        f"defaults: [demo, _self_]\nname: {word}\ninit_from: {word}\ndata:\n  path: {word}\n"
        f"  filter: {{languages: [{word}, sv]}}\n  blend: {{weights: {{{word}: 2, sv: 1.50}}}}\n"
    )
    assert written == asked
    assert (asked["name"], asked["init_from"], asked["data"]["path"]) == (word, word, word)
    assert asked["data"]["filter"]["languages"] == [word, "sv"]
    assert asked["data"]["blend"]["weights"] == {word: 2, "sv": 1.5}
    resumed = override(demo, [item for item in [*items, weights] if item[:4] in ("data",)])
    assert resumed["data"] == asked["data"]
    (tmp_path / "again.yaml").write_text(as_yaml(asked), encoding="utf-8")
    assert compose(str(tmp_path / "again.yaml"), []) == asked, "what --show prints is a recipe of the same"
    assert yaml.safe_load(as_yaml(asked)) == asked, "for other readers of YAML too"


def test_numbers_are_numbers_wherever_they_are_written(own, demo):
    words = {"max_updates": "1_000_000", "seed": "7", "optimizers.generator.lr": "1e-4", "ema_decay": ".5"}
    asked = compose("demo", [f"{key}={word}" for key, word in words.items()] + ["data.filter.seconds=[1.50,2e1]"])
    written = own(
        "defaults: [demo, _self_]\nname: demo\nmax_updates: 1_000_000\nseed: 7\nema_decay: .5\n"
        "optimizers: {generator: {lr: 1e-4}}\ndata: {filter: {seconds: [1.50, 2e1]}}\n"
    )
    assert asked == written
    assert (asked["max_updates"], asked["optimizers"]["generator"]["lr"], asked["ema_decay"]) == (1000000, 1e-4, 0.5)
    assert asked["data"]["filter"]["seconds"] == [1.5, 20.0]
    assert override(demo, ["optimizers.generator.lr=1e-4", "max_updates=1_000_000"])["max_updates"] == 10**6


@pytest.mark.parametrize("word", ["012", "1:30", "no", "1e5", "0x10", "2024_01_15", "1.10"])
def test_no_other_notation_is_a_whole_number(own, word):
    for composed in (
        lambda: compose("demo", [f"seed={word}"]),
        lambda: own(f"defaults: [demo, _self_]\nseed: {word}\n"),
    ):
        with pytest.raises(ValueError, match=r"seed=.*: expected a whole number, such as 0"):
            composed()


def test_nor_is_any_other_a_switch():
    with pytest.raises(ValueError, match="compile=yes: expected true or false, or all"):
        compose("demo", ["compile=yes"])
    assert [compose("demo", [f"compile={value}"])["compile"] for value in ("true", "all")] == [True, "all"]


def test_text_that_looks_like_a_number_stays_text():
    config = compose("demo", ["name=7", "data.path=2024", "trainer.precision=32"])
    assert (config["name"], config["data"]["path"], config["trainer"]["precision"]) == ("7", "2024", "32")
    assert override(config, ["data.path=11"])["data"]["path"] == "11"
    assert (
        compose("demo", ["logger=wandb", "logger.wandb.entity=1.10", "name=7"])["logger"]["wandb"]["entity"] == "1.10"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"defaults:\n  - demo\nname:\tx\n", r"^mine.yaml, line 3: .*there is a tab: YAML takes spaces"),
        (b"defaults: [demo]\ndata:\n\tpath: x\n", r"^mine.yaml, line 3: .*there is a tab: YAML takes spaces"),
        (b"defaults: [demo]\n# caf\xe9\n", r"^mine.yaml, line 2: the file is not UTF-8; save it as UTF-8"),
        ("name: é\n".encode("utf-16"), r"^mine.yaml, line 1: the file is not UTF-8"),
        (b"defaults: [demo]\nname: \0\n", r"^mine.yaml: .*special characters are not allowed"),
        (b"defaults: [demo]\nseed: 1\nseed: 2\n", r"^mine.yaml, line 1: the key 'seed' is there twice"),
        (b"defaults: [demo]\n[1]: 2\n", r"^mine.yaml, line 1: a key is no text"),
        (b"defaults: [demo]\nname: !!python/object/apply:os.system [ls]\n", "^mine.yaml, line 2: could not determine"),
        (b"defaults: [demo]\nname: !!int x\n", "^mine.yaml: invalid literal"),
        (b"defaults: [demo]\ndata: &x {filter: *x}\n", "^mine.yaml, line 2: found unconstructable recursive node"),
        (b"defaults: &x [*x]\n", "^mine.yaml, line 1: found unconstructable recursive node"),
        (b"a: " + b"[" * 5000, "^mine.yaml: .*recursion"),
        (b"just a text\n", "^mine.yaml is a str: expected keys and values"),
    ],
)
def test_a_file_that_is_no_recipe_is_told_with_its_line(tmp_path, content, message):
    (tmp_path / "mine.yaml").write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        compose(str(tmp_path / "mine.yaml"), [])
    assert "\n" not in str(error.value)


def test_a_recipes_folder_may_have_any_name(tmp_path):
    folder = tmp_path / "Größe (1), it's=[x]"
    (folder / "trainer").mkdir(parents=True)
    (folder / "trainer" / "größe.yaml").write_text("defaults: [cpu, _self_]\n")
    (folder / "日本.yaml").write_text(
        "defaults: [demo, override trainer: größe, _self_]\nname: 日本\n", encoding="utf-8"
    )
    config = compose(str(folder / "日本.yaml"), [])
    assert (config["name"], config["trainer"]["accelerator"]) == ("日本", "cpu")


def test_other_suffixes_are_asked_to_be_renamed(tmp_path, own):
    for name in ("mine.yml", "mine.YAML", "mine.Yml", "mine"):
        (tmp_path / name).write_text("defaults: [demo, _self_]\n")
        with pytest.raises(ValueError, match=rf"{name}: a recipe ends in .yaml; rename it to mine.yaml"):
            compose(str(tmp_path / name), [])
    (tmp_path / "trainer").mkdir()
    for name in ("big.yml", "large.YAML"):
        (tmp_path / "trainer" / name).write_text("devices: 2\n")
        with pytest.raises(ValueError, match=rf"{name}: a recipe's files end in .yaml; rename it to \w+.yaml"):
            own(f"defaults: [demo, override trainer: {name.partition('.')[0]}, _self_]\n")


def test_a_recipe_named_as_a_shipped_one_that_extends_it_is_told_to_be_renamed(tmp_path):
    (tmp_path / "demo.yaml").write_text("defaults: [demo, _self_]\nname: mine\n")
    with pytest.raises(ValueError, match=r"^demo.yaml: .* name itself; to extend lfsc's demo, rename the file$"):
        compose(str(tmp_path / "demo.yaml"), [])


def test_a_runs_own_configuration_takes_overrides_of_its_keys():
    config = {"max_updates": 5, "trainer": {"devices": 1}}
    assert override(config, ["max_updates=9", "trainer.devices=2"]) == {"max_updates": 9, "trainer": {"devices": 2}}
    with pytest.raises(ValueError, match="no key 'max_updats'"):
        override(config, ["max_updats=9"])
    with pytest.raises(ValueError, match="expected a whole number"):
        override(config, ["max_updates=nine"])
    assert config["max_updates"] == 5


@pytest.mark.parametrize(
    "item",
    [
        "ema_decay=0.5", "optimizers.generator.clip_norm=1", "data.filter.languages=[de]", "data.filter.seconds=[1,2]",
        "data.blend.weights={de: 2}",
    ],
)  # fmt: skip
def test_a_run_gives_up_what_conf_does_not_have(item):
    key = item.partition("=")[0]
    changed = override(compose("demo", [item]), [f"{key}=null"])
    assert changed == compose("demo", [f"{key}=null"])


@pytest.mark.parametrize("key", ["batch_size", "data.path", "optimizers.generator.lr"])
def test_a_run_keeps_what_it_needs(key):
    with pytest.raises(ValueError, match=f"^{key}=null: expected"):
        override(compose("demo", []), [f"{key}=null"])


def test_what_took_a_keys_value_follows_it():
    """A run's configuration is resolved: it has the number twice."""
    config = compose("demo", ["optimizers.discriminators.schedule.period=9"])
    changed = override(config, ["batch_size=8", "num_workers=0", "updates_per_epoch=7"])
    assert (changed["data"]["batch_size"], changed["data"]["num_workers"]) == (8, 0)
    periods = [changed["optimizers"][name]["schedule"]["period"] for name in ("generator", "discriminators")]
    assert periods == [7, 9], "one that was set by itself stays"
    assert override(config, ["batch_size=8", "data.batch_size=4"])["data"]["batch_size"] == 4
    cosine = override(compose("demo", ["optimizers=adamw_cosine"]), ["max_updates=9000"])
    assert cosine["optimizers"]["generator"]["schedule"]["max_updates"] == 9000


def test_a_key_of_a_run_cannot_be_removed():
    with pytest.raises(ValueError, match=r"~callbacks.mine: a run keeps its keys; callbacks.mine=null leaves out"):
        override({"callbacks": {"mine": {}}}, ["~callbacks.mine"])


@pytest.mark.parametrize("text", ["${oc.env:HOME}", "x/${oc.decode:'[1]'}", "${seed}"])
def test_a_runs_configuration_reads_nothing_around_it(text):
    for config in ({"data": {"path": text}, "seed": 1}, {"freeze": [1, [text]], "seed": 1}):
        with pytest.raises(
            ValueError, match=r"(data\.path|freeze\.1\.0) is .* in the run's config.yaml: expected a value"
        ):
            override(config, ["seed=2"])


def test_a_run_of_an_older_version_is_told_apart(tmp_path):
    config = compose("demo", [])
    check_is_current(config, tmp_path)
    del config["initialization"], config["optimizers"]
    with pytest.raises(
        ValueError, match=r"begun by an older lfsc: its config\.yaml has no optimizers, initialization;"
    ):
        check_is_current(config, tmp_path)
    with pytest.raises(ValueError, match=r"init_from=.*/checkpoints/last\.ckpt"):
        check_is_current(None, tmp_path)


@pytest.mark.parametrize(
    ("section", "key", "value", "reason"),
    [
        (None, "data", "x", "data=x: expected a section of keys"),
        (None, "trainer", None, "trainer=null: expected a section of keys"),
        (None, "logger", [1], r"logger is \[1\] in the run's config.yaml: expected a section"),
        (None, "monitor", ["val/mel"], "monitor=.*: expected one text"),
        ("optimizers", "generator", None, "optimizers.generator=null: expected a section"),
        ("losses", "reconstruction", 3, "losses.reconstruction is 3 in the run's config.yaml"),
        ("data", "blend", [1], r"data.blend=\[1\]: expected a section"),
        ("trainer", "num_nodes", "x", "trainer.num_nodes=x: expected a whole number"),
    ],
)
def test_a_run_whose_sections_are_none_is_refused(section, key, value, reason, tmp_path):
    config = compose("demo", [])
    (config if section is None else config[section])[key] = value
    with pytest.raises(ValueError, match=reason):
        check_is_current(config, tmp_path)


def test_keys_that_an_older_version_did_not_have_are_named_in_sections_too(tmp_path):
    config = compose("demo", [])
    del config["health_checks"]["mel_rises"], config["losses"]["adversarial"], config["losses"]["reconstruction"]["mel"]
    with pytest.raises(ValueError, match=r"has no losses\.adversarial, health_checks\.mel_rises;"):
        check_is_current(config, tmp_path)


def test_what_recipes_make_is_current(tmp_path):
    for recipe, items in {"nano_small": [], "lfsc_22khz_no_slm": ["optimizers=adamw_cosine", "trainer=ddp"]}.items():
        check_is_current(compose(recipe, ["data.path=x", *items]), tmp_path)


@pytest.mark.parametrize("recipe", recipe_names())
def test_every_recipe_takes_another_optimizer_and_slm(recipe):
    config = compose(recipe, ["optimizers=adamw_cosine", "slm=random"], missing_allowed=True)
    assert config["optimizers"]["generator"]["_target_"] == "torch.optim.AdamW"
    assert config["slm"]["_target_"] == "lfsc.discriminators.slm.random_wavlm"


@pytest.mark.parametrize("place", ["..", "/elsewhere", "link"])
def test_a_run_of_somebody_elses_logs_nowhere_else(place, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "link").symlink_to(tmp_path)
    save_dir = str(run / place)
    config = {"logger": {"other": None, "x": {"_target_": "a.B", "save_dir": save_dir}}}
    with pytest.raises(ValueError, match=r"logger\.x\.save_dir is .* outside the run: add logger\.x\.save_dir=/"):
        check_places(config, run, asked=["max_updates=3"])
    check_places(config, run, asked=[f"logger.x.save_dir={save_dir}"])
    check_places(config, run, asked=[], own={"x": dict(config["logger"]["x"])})
    config["logger"]["x"]["save_dir"] = str(run / "logs")
    check_places(config, run, asked=[])
