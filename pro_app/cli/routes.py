"""`pro-app routes`: every address of the program and who may use it."""

import json
from typing import Any

import click

from pro_app.cli.opening import open_service
from pro_app.web.factory import create_app
from pro_app.web.guard import guard_of


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects instead of a table.")
def routes(as_json: bool) -> None:
    """List every route with its methods, its guard and the roles it admits."""
    app = create_app(open_service())
    rows: list[dict[str, Any]] = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        guard = guard_of(app.view_functions[rule.endpoint])
        assert guard is not None
        rows.append(
            {
                "route": rule.rule,
                "methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}),
                "guard": guard.kind,
                "roles": list(guard.roles),
                "site_scoped": guard.site_scoped,
            }
        )
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        roles = " ".join(row["roles"])
        click.echo(f"{' '.join(row['methods']):12} {row['route']:50} {row['guard']:8} {roles}")
