"""No key, token or password in any file that git knows. Each pattern is shown to find what it looks for."""

import re

import pytest

from tests.house.source import ROOT, tracked

PATTERNS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "cloud key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bLTAI[0-9A-Za-z]{12,20}\b|\bAKID[0-9A-Za-z]{28,36}\b",
    "forge token": r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_\w{60,}\b|\bglpat-[\w-]{20,}",
    "chat or payment token": r"\bxox[abprs]-[\w-]{10,}|\bsk_live_[0-9A-Za-z]{16,}|\bAIza[0-9A-Za-z_-]{35}\b",
    "Twilio key": r"\bSK[0-9a-f]{32}\b",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "password in an address": r"\b[a-z][a-z+]{2,12}://[^\s:/@'\"{}<>$]+:(?!password|secret|pw|\*|…|\.\.\.)[^\s@/'\"{}<>$]{6,}@",
    "assigned secret": (
        r"(?i)\b\w*(?:secret_key|api_key|auth_token|access_token|client_secret)\"?\s*[:=]\s*"
        r"[\"'](?!test|demo|not |a |the |example)[A-Za-z0-9+/=_-]{32,}[\"']"
    ),
}
# Files made of hashes, where long texts mean nothing.
LEFT_OUT = {".lock", ".png", ".ico", ".woff2", ".xlsx", ".sav", ".dta", ".pdf"}
# What looks like one and is none: (file, pattern) -> why.
KNOWN = {
    (
        "tests/contract/mail/test_bounces.py",
        "password in an address",
    ): "invented, with letters that need care",
    ("tests/contract/mail/test_smtp.py", "password in an address"): "invented, with letters that need care",
    (
        "tests/integration/operations/test_watching.py",
        "password in an address",
    ): "invented; must not be logged",
}

# Put together here, so that this file holds none.
SHOWN = {
    "private key": ["-----BEGIN " + "PRIVATE KEY-----", "-----BEGIN RSA " + "PRIVATE KEY-----"],
    "cloud key": ["AKIA" + "IOSFODNN7EXAMPLE", "LTAI" + "5tQbKqXyZwVuTsRqPo"],
    "forge token": ["ghp_" + "a1B2" * 9, "glpat-" + "x" * 20],
    "chat or payment token": ["xoxb-" + "123456789012", "sk_live_" + "a" * 24],
    "Twilio key": ["SK" + "0f" * 16],
    "JSON web token": [
        "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0" + "." + "dozjgNryP4J3jVmN" * 2
    ],
    "password in an address": [
        "postgresql://pro:" + "Tr0ub4dor3@db/pro",
        "smtp://a:" + "hunter22@mail.example",
    ],
    "assigned secret": ["SECRET_KEY = '" + "q8Zr" * 10 + "'", 'api_key: "' + "0123456789abcdef" * 2 + '"'],
}


@pytest.mark.parametrize("name", PATTERNS)
def test_the_scanner_finds_what_it_looks_for(name: str) -> None:
    for text in SHOWN[name]:
        assert re.search(PATTERNS[name], f"before {text} after"), text


def test_no_tracked_file_holds_a_secret() -> None:
    found = set()
    for path in tracked():
        if path.suffix in LEFT_OUT:
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for name, pattern in PATTERNS.items():
            if hit := re.search(pattern, text):
                found.add((str(path.relative_to(ROOT)), name, hit[0][:60]))
    assert {(file, name) for file, name, _ in found} == set(KNOWN), sorted(found)


def test_no_key_file_and_no_database_is_tracked() -> None:
    names = [path.name for path in tracked()]
    assert not [
        name for name in names if re.search(r"^\.env$|\.(?:pem|key|p12|pfx|sqlite|db)$|^keys\.json$", name)
    ]
