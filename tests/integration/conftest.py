"""What the tests of several rooms look at."""

import pytest

from pro_app.records import pipeline


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements went over to PostgreSQL in each batch, from now on."""
    sizes: list[int] = []
    go = pipeline._Batch.go

    def counted(self: pipeline._Batch, questions: list[pipeline.Question], **how: bool) -> None:
        sizes.append(len(questions))
        go(self, questions, **how)

    monkeypatch.setattr(pipeline._Batch, "go", counted)
    return sizes
