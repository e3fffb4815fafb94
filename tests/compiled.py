"""Templates are compiled once in a test run, not once for each of its applications."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.templating import Environment
from jinja2.bccache import Bucket, BytecodeCache


class InMemory(BytecodeCache):
    """What was compiled, by the template's name and its text."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self._kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


@contextmanager
def templates_compiled_once() -> Iterator[None]:
    kept, original = InMemory(), Flask.create_jinja_environment

    def environment(self: Flask) -> Environment:
        made = original(self)
        made.bytecode_cache = kept
        return made

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Flask, "create_jinja_environment", environment)
        yield
