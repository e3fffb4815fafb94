"""Forms as a person's browser sends them."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm


class TypedForm(FlaskForm):
    """Flask-WTF would take a JSON body for a form too, with numbers and lists where a field has text, and
    would fall over one that is nested deeply. Nobody types JSON: such a request has no fields."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            return None if request.is_json else super().wrap_formdata(form, formdata)
