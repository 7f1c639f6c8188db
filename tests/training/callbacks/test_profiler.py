"""debug=profile: the trace and the table."""

import json


def test_the_table_adds_up(micro, configure):
    """Although a validation, which computes the same parts, comes between the updates."""
    config = configure("debug=profile", "validate_every=1")
    module = micro.train(config)
    folder = micro.run_of(config).path / "profile"
    assert json.loads((folder / "trace.json").read_text())["traceEvents"]
    lines = (folder / "table.txt").read_text().partition("\n\n")[0].splitlines()[1:]
    times = {line[:28].strip(): float(line[28:38]) for line in lines}
    whole = times.pop("update")
    assert {
        "codec",
        "transforms",
        "discriminators",
        "backward",
        "step of the generator",
        "step of the discriminators",
    } <= times.keys()
    assert abs(sum(times.values()) - whole) < 0.01 * whole + 1
    assert all(time >= 0 for time in times.values()) and times["backward"] > 0.1 * whole
    assert "reconstruct" not in vars(module), "nothing is labelled any more"


def test_a_run_that_ends_before_its_profile_says_so(micro, configure, caplog):
    config = configure("debug=profile", "max_updates=3", "validate_every=9")
    micro.train(config)
    assert "there is no profile: it takes 6 updates, and the run ended after 3" in caplog.messages
    assert not (micro.run_of(config).path / "profile").exists()
