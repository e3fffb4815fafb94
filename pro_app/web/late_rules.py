"""Routes that learn how to write their own address when that is first asked of them."""

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LateRule(Rule):
    """Werkzeug compiles two functions for each route at start, from which addresses are made (`url_for`).

    With some 150 routes that is two thirds of what it costs to build the application; a process asks for few.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compile_now = super()._compile_builder
        compiled: Builder | None = None

        def build(rule: Rule, **values: object) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = compile_now(append_unknown)
            return compiled(rule, **values)

        return build
