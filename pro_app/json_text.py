"""JSON without spaces, as it is stored, hashed and sent: many times a request, so by encoders that are kept.

`json.dumps` makes an encoder for each text, and each looks for circles, which nothing of ours can have.
"""

import json

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, sort_keys=True)


def compact(value: object) -> str:
    """In the order in which it stands."""
    return _COMPACT.encode(value)


def canonical(value: object) -> str:
    """Sorted by name: the same content is the same text, so that it can be hashed."""
    return _CANONICAL.encode(value)
