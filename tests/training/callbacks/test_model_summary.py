from rich.console import Console

from lfsc.data.blend import Share
from lfsc.training.callbacks.model_summary import blend_table


def test_the_rest_of_many_languages_is_one_row():
    shares = [Share("mls", f"l{i}", hours=i, share=i / 55, effective_hours=i * 2.0) for i in range(10, 0, -1)]
    console = Console(width=100, record=True)
    console.print(blend_table(shares, rows=3))
    shown = console.export_text()
    assert [line for line in shown.splitlines() if "l10" in line and "18.18%" in line]
    assert "l7" not in shown
    assert [line for line in shown.splitlines() if "7 more" in line and "28.0 h" in line and "56.0 h" in line]
