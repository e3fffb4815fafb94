"""What is made at start stays as long as the process: the collector of garbage has nothing to find in it.

Loading a thousand modules makes some hundred thousand objects. The collector would walk through them again
and again while they are made (a tenth of the start), and at each full collection afterwards. Set aside they
are walked by nobody, and processes that are forked from this one go on sharing them.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def everlasting() -> Iterator[None]:
    """Set aside for good whatever is there when the block ends. For loading and building, never for work."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
