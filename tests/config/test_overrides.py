"""What people give as key=value."""

import pytest

from lfsc.config.overrides import check_overrides


def test_what_hydra_reads_passes():
    check_overrides(["a=1", "a.b=[1,2]", "a=null", "a=", "a='b=c'", "path=/some folder/x", "a=b/c.d:e"])


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("batch_size", "'batch_size' is not key=value, as max_updates=100 is"),
        ("name=a=b", "name=a=b cannot be read: give a value that holds .* as \"name='…'\""),
        ("periods=[2,3", r"periods=\[2,3 cannot be read: .* a list is \[1,2\]"),
        ("path=/my (old) folder", "cannot be read"),
        ("seed=1,2", r"seed=1,2 is several values: a list is seed=\[1,2\]; `lfsc sweep` and --multirun"),
    ],
)
def test_what_it_does_not_read_is_told_in_one_line(item, message):
    with pytest.raises(ValueError, match=message) as error:
        check_overrides([item])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("item", ["hydra.run.dir=x", "+hydra.sweep.dir=x", "hydra/launcher=joblib", "~hydra.run"])
def test_what_hydra_would_start_is_refused(item):
    with pytest.raises(ValueError, match=r"Hydra starts nothing here; runs_root and name say where a run lies"):
        check_overrides([item])


def test_a_key_may_be_left_out():
    check_overrides(["~discriminators.stft", "+optimizers.generator.amsgrad=true"])
