"""debug=profile: the trace and the table."""

import json


def test_the_table_adds_up(micro, configure):
    config = configure("debug=profile")
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
