"""The directory of messages: whole files only, found by reference, newest first."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pro_app.gateways.inbox import Inbox
from pro_app.letters import folder
from pro_app.ports import Message, SmsTemplate

NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)


def text_message(reference: str = "ref-1") -> Message:
    template = SmsTemplate("SMS_1", "长征医院随访", (("closes", "12月7日"), ("code", "ACDEFG")))
    return Message(reference, "sms", "+8613800030000", "zh-Hans", "随访提醒", template=template)


def test_a_message_is_one_file_that_reads_back_the_same(tmp_path: Path) -> None:
    said = Inbox(tmp_path, "sms").send(text_message(), NOW)

    assert (said.status, said.remote_id) == ("delivered", "ref-1")
    assert folder.get(tmp_path, "ref-1") == folder.Filed(text_message(), NOW)
    assert json.loads((tmp_path / "ref-1.json").read_text(encoding="utf-8"))["to"] == "+8613800030000"
    assert [path.name for path in tmp_path.iterdir()] == ["ref-1.json"]


def test_the_same_reference_again_leaves_one_message(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "sms")
    inbox.send(text_message(), NOW)
    inbox.send(text_message(), NOW + timedelta(minutes=1))

    found, total = folder.newest(tmp_path, 0, 10)
    assert (len(found), total) == (1, 1)


def test_a_look_up_knows_what_was_sent_and_what_was_not(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "sms")
    inbox.send(text_message(), NOW)

    found, lost = inbox.look_up("ref-1"), inbox.look_up("ref-2")

    assert found is not None and found.status == "delivered"
    assert lost is not None and lost.status == "later"


def test_the_newest_message_comes_first_page_by_page(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "sms")
    for number in (2, 0, 1):
        inbox.send(text_message(f"ref-{number}"), NOW + timedelta(hours=number))

    found, total = folder.newest(tmp_path, 0, 2)
    rest, _ = folder.newest(tmp_path, 2, 2)

    assert [filed.message.reference for filed in (*found, *rest)] == ["ref-2", "ref-1", "ref-0"]
    assert total == 3


def test_a_folder_that_can_t_be_written_means_later(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("a file stands where the folder should be")

    assert Inbox(tmp_path / "inbox", "sms").send(text_message(), NOW).status == "later"


@pytest.mark.parametrize("reference", ["../keys", "", "a/b", "..", "x" * 65])
def test_a_reference_never_leads_out_of_the_folder(tmp_path: Path, reference: str) -> None:
    (tmp_path / "keys.json").write_text("{}")

    assert folder.get(tmp_path / "inbox", reference) is None


def test_a_file_that_is_not_ours_is_passed_over(tmp_path: Path) -> None:
    Inbox(tmp_path, "sms").send(text_message(), NOW)
    (tmp_path / "other.json").write_text("[1]")

    assert [filed.message.reference for filed in folder.newest(tmp_path, 0, 5)[0]] == ["ref-1"]


def test_an_empty_inbox_is_an_empty_list(tmp_path: Path) -> None:
    assert folder.newest(tmp_path / "none", 0, 5) == ((), 0)
