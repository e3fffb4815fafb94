"""Flask, without what it asks at every step and this program never needs."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from pro_app.web.late_rules import LateRule


class Application(Flask):
    """Flask with routes that are cheap to build, and with plain functions only."""

    url_rule_class = LateRule

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: no view and no hook here is a coroutine, and a request has a dozen of them to look at."""
        return func
