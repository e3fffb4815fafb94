"""Reading returned mail: a delivery status notification (RFC 3464) as a report, anything else as what it is.

1. Only `multipart/report` with `message/delivery-status` counts; an out-of-office answer is none.
2. Which message: the envelope's id that we gave (RFC 3461), our reference in the address it came back to, or
   the Message-ID of the mail that is quoted. References are random, so nobody can guess another's.
3. What became of it: the recipient's action and status (RFC 3463).
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses
from typing import Literal

from pro_app.letters.reports import Report
from pro_app.ports import Outcome

LARGEST = 1024 * 1024
PROVIDER = "smtp"
Kind = Literal["automatic", "no_notification", "no_reference", "nothing_new"]

_REFERENCE = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_WHOLE = re.compile(_REFERENCE)
_RETURN_ADDRESS = re.compile(rf"\+({_REFERENCE})@", re.IGNORECASE)
_MESSAGE_ID = re.compile(rf"<({_REFERENCE})@[^>]*>", re.IGNORECASE)
_STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_IN_WORDS = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")
_RECEIVERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
# Permanent, and yet no word about the person's address: our sender, a full mailbox, size, content, policy.
_NOT_THE_ADDRESS = frozenset({("1", "7"), ("1", "8"), ("2", "2"), ("2", "3")})
_ADDRESS_CLASSES = frozenset({"0", "1", "2"})
_LONGEST_WORDS = 300


def read(content: bytes) -> Report | Kind:
    """What a returned mail says of one of our messages, or why it says nothing.

    Never raises: what can't be read as a notification is `no_notification`.
    """
    try:
        mail = message_from_bytes(content[:LARGEST])
        blocks = _status_blocks(mail)
        if blocks is None:
            return "automatic" if _automatic(mail) else "no_notification"
        reference = _reference(mail, blocks)
        if not reference:
            return "no_reference"
        outcome = _outcome(blocks)
        return Report(outcome, reference, addresses=_named(mail, blocks)) if outcome else "nothing_new"
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # A mail from outside may be broken in any way; it must not hold up the others.
        return "no_notification"


def _status_blocks(mail: Message) -> list[Message] | None:
    """The blocks of `message/delivery-status`: the message's first, then one for each recipient."""
    if mail.get_content_type() != "multipart/report":
        return None
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            found = part.get_payload()
            return [one for one in found if isinstance(one, Message)] if isinstance(found, list) else None
    return None


def _automatic(mail: Message) -> bool:
    """Written by a program that answers for somebody who is away (RFC 3834)."""
    answered = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    return answered not in ("no", "") or "X-Autoreply" in mail or "X-Autorespond" in mail


def _reference(mail: Message, blocks: list[Message]) -> str:
    for block in blocks:
        envelope = str(block.get("Original-Envelope-Id", "")).strip().lower()
        if _WHOLE.fullmatch(envelope):
            return envelope
    for name in _RECEIVERS:
        for value in mail.get_all(name, []):
            if found := _RETURN_ADDRESS.search(str(value)):
                return found[1].lower()
    for quoted in _quoted(mail):
        if found := _MESSAGE_ID.search(str(quoted.get("Message-ID", ""))):
            return found[1].lower()
    return ""


def _quoted(mail: Message) -> Iterator[Message]:
    """The headers of the mail that came back, whole or alone."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and isinstance(part.get_payload(), list):
            yield from part.get_payload()  # type: ignore[misc]
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            yield message_from_bytes(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]


def _outcome(blocks: list[Message]) -> Outcome | None:
    """The gravest that is said of any recipient; each of our mails has only one."""
    found: dict[str, Outcome] = {}
    for block in blocks:
        action = str(block.get("Action", "")).split("(")[0].strip().lower()
        if not action:
            continue
        words = " ".join(str(block.get("Diagnostic-Code", "") or block.get("Status", "")).split())
        said = Outcome(_meaning(action, _status(block)), PROVIDER, detail=words[:_LONGEST_WORDS])
        found.setdefault(said.status, said)
    for gravest in ("address_refused", "refused", "delivered", "later"):
        if gravest in found:
            return found[gravest]
    return None


def _status(block: Message) -> re.Match[str] | None:
    """The status; where it only says "for good", the one in the server's own words, if it has one."""
    status = _STATUS.match(str(block.get("Status", "")))
    if status and (status[2], status[3]) == ("0", "0"):
        return _IN_WORDS.search(str(block.get("Diagnostic-Code", ""))) or status
    return status


def _meaning(
    action: str, status: re.Match[str] | None
) -> Literal["address_refused", "refused", "delivered", "later", "accepted"]:
    """`failed` is for good even with a status of 4: the server has given up. `later`: it still tries."""
    if action == "delivered":
        return "delivered"
    if action == "delayed":
        return "later"
    if action != "failed":
        return "accepted"  # handed on (relayed, expanded): no news
    if status is None or status[1] != "5":
        return "refused"
    about = (status[2], status[3])
    return "address_refused" if about[0] in _ADDRESS_CLASSES and about not in _NOT_THE_ADDRESS else "refused"


def _named(mail: Message, blocks: list[Message]) -> tuple[str, ...]:
    """The addresses that this mail is about, the one we wrote to first."""
    found = [address for quoted in _quoted(mail) for _, address in getaddresses(quoted.get_all("To", []))]
    for name in ("Original-Recipient", "Final-Recipient"):
        found += [
            str(value).partition(";")[2].strip() for block in blocks for value in block.get_all(name, [])
        ]
    return tuple(dict.fromkeys(address for address in found if "@" in address))
