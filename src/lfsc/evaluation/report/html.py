"""HTML in pieces; all text is escaped, because names of files and reasons come from outside."""

from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


VOID = frozenset({"br", "img", "meta"})


def element(name: str, *children, **attributes) -> Markup:
    """`<name attributes>children</name>`; underscores in attributes' names stand for hyphens, a last one is dropped."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value != ""
    )
    return Markup(f"<{name}{given}>" + ("" if name in VOID else f"{joined(*children)}</{name}>"))


def joined(*children) -> Markup:
    return Markup("".join(child if isinstance(child, Markup) else escape(str(child)) for child in children))


def table(heads: list, rows: list[list], **attributes) -> Markup:
    """A table that sorts when a head is clicked; a cell may be (shown, value to sort by)."""
    head = element("tr", *(element("th", element("button", name, type="button"), scope="col") for name in heads))
    body = [element("tr", *(cell(content, place) for place, content in enumerate(row))) for row in rows]
    whole = element("table", element("thead", head), element("tbody", *body), **attributes)
    return element("div", whole, class_="scroll")


def cell(content, place: int) -> Markup:
    shown, value = content if isinstance(content, tuple) else (content, "")
    return element("td" if place else "th", shown, data_value=value, **({} if place else {"scope": "row"}))


def section(title: str, *children, about: str = "", id_: str = "") -> Markup:
    return element("section", element("h2", title), element("p", about) if about else "", *children, id_=id_)
