from lfsc.evaluation.report.html import element, joined, table


def test_what_comes_from_outside_cannot_become_markup():
    text = '<script>"&'
    assert element("td", text, title=text) == ('<td title="&lt;script&gt;&quot;&amp;">&lt;script&gt;&quot;&amp;</td>')
    assert joined(element("b", "x"), text) == "<b>x</b>&lt;script&gt;&quot;&amp;"


def test_attributes_are_named_as_html_names_them():
    assert element("img", class_="a", data_value=1, alt="") == '<img class="a" data-value="1">'


def test_cells_carry_what_they_are_sorted_by():
    assert '<td data-value="10">ten</td>' in table(["name", "number"], [["a", ("ten", 10)]])
