"""Whatever the program writes on the audit trail has words; the code is read, so none is forgotten."""

import ast
import re
from functools import cache

from pro_app.web.action_words import ACCOUNT_ACTIONS, ACTIONS
from tests.house.source import ROOT, tracked

ACTION = re.compile(r"^[a-z]+(_[a-z]+)*$")


@cache
def written_actions() -> dict[str, str]:
    """Every action that is given to `audit.append`, with the module that does."""
    found: dict[str, str] = {}
    for path in tracked("pro_app/*.py"):
        if "audit.append(" not in (text := path.read_text()):
            continue
        tree, name = ast.parse(text), ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for call in calls_of(function, "append", "audit"):
                    for action in values_of(call.args[3], function, tree):
                        found[action] = name
    return found


def calls_of(tree: ast.AST, name: str, owner: str = "") -> list[ast.Call]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            plain = isinstance(function, ast.Name) and not owner and function.id == name
            owned = (
                isinstance(function, ast.Attribute)
                and function.attr == name
                and isinstance(function.value, ast.Name)
                and function.value.id == owner
            )
            if plain or owned:
                found.append(node)
    return found


def assigned(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """What gets which value: `A, B = 1, 2` is two of them."""
    if not isinstance(node, ast.Assign):
        return []
    found = []
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            found += list(zip(target.elts, node.value.elts, strict=True))
        else:
            found.append((target, node.value))
    return found


def values_of(node: ast.expr, function: ast.FunctionDef, tree: ast.Module) -> set[str]:
    """All texts that an expression may be: literal, chosen, named, or handed in by the module's own calls."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return values_of(node.body, function, tree) | values_of(node.orelse, function, tree)
    assert isinstance(node, ast.Name), f"{function.name}: {ast.unparse(node)} can't be read; name the action"
    for place in (function, tree):
        for one in ast.walk(place):
            for target, value in assigned(one):
                if isinstance(target, ast.Name) and target.id == node.id:
                    return values_of(value, function, tree)
    for one in ast.walk(tree):
        if isinstance(one, ast.ImportFrom) and node.id in (name.name for name in one.names):
            there = ROOT.joinpath(*(one.module or "").split(".")).with_suffix(".py")
            return values_of(node, function, ast.parse(there.read_text()))
    names = [argument.arg for argument in function.args.args]
    values: set[str] = set()
    for call in calls_of(tree, function.name):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        place_of = names.index(node.id)
        handed = given.get(node.id) or (call.args[place_of] if place_of < len(call.args) else None)
        assert handed is not None
        caller = next(
            one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and call in set(ast.walk(one))
        )
        values |= values_of(handed, caller, tree)
    return values


def test_everything_that_is_written_on_the_trail_has_words() -> None:
    written = written_actions()
    assert len(written) > 40
    assert all(ACTION.match(action) for action in written)
    without = {action: module for action, module in written.items() if action not in ACTIONS}
    assert not without


def test_what_an_administrator_may_see_is_about_accounts_only() -> None:
    of_accounts = {"actions.accounts", "actions.sign_in", "actions.invite", "actions.pin"}
    of_accounts |= {"actions.own_account", "actions.second_factor"}
    of_accounts |= {"actions.prove", "actions.note_refusal", "actions.urgent_notice"}
    written = written_actions()
    where = {action: module.removeprefix("pro_app.") for action, module in written.items()}
    assert {where[action] for action in ACCOUNT_ACTIONS} <= of_accounts
    assert {action for action, module in where.items() if module in of_accounts} == set(ACCOUNT_ACTIONS)
