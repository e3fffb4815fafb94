"""The house stands: a room imports only from lower floors, nothing goes in a circle."""

from graphlib import TopologicalSorter

import pytest

from tests.house.source import Module, modules

# Lowest first. A module belongs to the longest name here that it begins with.
FLOORS = (
    ("sentences",),
    (
        "errors",
        "messages",
        "datafile",
        "contact",
        "logs",
        "everlasting",
        "one_heap",
        "one_core",
        "json_text",
        "scoring",
    ),
    (
        "config",
        "keys",
        "key_file",
        "sealed_stream",
        "passwords",
        "weak_passwords",
        "one_time_codes",
        "envelopes",
        "links",
        "ports",
        "instruments",
        "schedule",
    ),
    ("records",),
    ("journey", "successor"),
    ("letters", "exports", "standing"),
    ("actions", "gateways", "demo_registry"),
    ("wiring",),
    ("web", "clock"),
    ("cli",),
    ("__main__",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MODULES = modules()


def room_of(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def ours(module: Module) -> set[str]:
    return {name for name in module.imports if name in MODULES and name != "pro_app"}


def outsiders(module: Module) -> set[str]:
    return {name.split(".")[0] for name in module.imports} - {"pro_app"}


@pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.name)
def test_a_room_imports_only_from_lower_floors_or_itself(module: Module) -> None:
    room = room_of(module.name)
    if not room:
        return
    assert room in FLOOR_OF, f"{room} is not on any floor: put it on one"
    for name in ours(module):
        other = room_of(name)
        if other and other != room:
            low_beside = FLOOR_OF[other] == FLOOR_OF[room] and FLOOR_OF[room] <= FLOOR_OF["config"]
            assert FLOOR_OF[other] < FLOOR_OF[room] or low_beside, f"{module.name} imports {name}"


def test_nothing_is_imported_in_a_circle() -> None:
    graph = {name: ours(module) for name, module in MODULES.items() if room_of(name)}
    TopologicalSorter(graph).prepare()


def test_no_action_imports_another_action() -> None:
    actions = [module for name, module in MODULES.items() if name.startswith("pro_app.actions.")]
    for module in actions:
        others = {name for name in ours(module) if name.startswith("pro_app.actions.")}
        assert not others, f"{module.name} imports {others}"


def test_only_wiring_imports_gateways() -> None:
    for name, module in MODULES.items():
        if room_of(name) not in ("gateways", "wiring"):
            assert not any(one.startswith("pro_app.gateways") for one in ours(module)), name


def test_only_records_know_the_database_library() -> None:
    for name, module in MODULES.items():
        if room_of(name) != "records":
            assert not outsiders(module) & {"sqlalchemy", "alembic", "psycopg", "pysqlite3"}, name


def test_only_the_faces_know_flask() -> None:
    flask = {"flask", "flask_wtf", "flask_login", "flask_babel", "wtforms", "werkzeug"}
    for name, module in MODULES.items():
        if room_of(name) not in ("web", "cli"):
            assert not outsiders(module) & flask, name


def test_the_rules_are_told_the_time_and_never_look_at_a_clock() -> None:
    for name, module in MODULES.items():
        if FLOOR_OF.get(room_of(name), 99) <= FLOOR_OF["actions"] and room_of(name) != "gateways":
            text = module.path.read_text()
            assert "datetime.now(" not in text and "date.today(" not in text, name
