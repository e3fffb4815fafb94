"""Reading a list's filters, order and place from its address, and writing the addresses of other pages."""

from collections.abc import Mapping

from flask import request

from pro_app.actions.lists import SORTS, Order
from pro_app.records.clinic_lists import Place, Sort
from pro_app.web.current import service


def text_of(name: str, most: int = 40) -> str:
    return " ".join(request.args.get(name, "").split())[:most]


def one_of(name: str, choices: tuple[str, ...], default: str = "") -> str:
    """A word of a few; anything else is the default: an address typed by hand is no fault."""
    wish = request.args.get(name, "")
    return wish if wish in choices else default


def arm() -> str:
    """One of the study's arms, or "-": without one. Only for who may know it."""
    return one_of("arm", (*(one.id for one in service().study.arms), "-"))


def order() -> Order:
    sort = next((one for one in SORTS if one == request.args.get("sort")), SORTS[0])
    value, number = request.args.get("value", "")[:40], request.args.get("after", "")[:40]
    return Order(sort, request.args.get("down") == "1", Place(value, number) if number else None)


def sorted_by(how: Order, sort: Sort) -> Order:
    """What a heading leads to: sorted by it, and by a second press the other way round."""
    return Order(sort, sort == how.sort and not how.descending)


def address_of(wish: Mapping[str, str], how: Order, after: Place | None = None) -> dict[str, str]:
    """The query of a page of the list, without what is the default."""
    parts = {name: value for name, value in wish.items() if value}
    if how.sort != SORTS[0]:
        parts["sort"] = how.sort
    if how.descending:
        parts["down"] = "1"
    if after:
        parts |= {"value": after.value, "after": after.study_number}
    return parts
