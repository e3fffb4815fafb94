"""The addresses at which providers report, and the word for a mail server's pipe."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from pro_app.config import ROOT, read_settings
from pro_app.gateways.signing import twilio
from pro_app.gateways.sms_alibaba import AlibabaSms
from pro_app.gateways.sms_tencent import TencentSms
from pro_app.gateways.sms_twilio import TwilioSms
from pro_app.keys import load_key_ring
from pro_app.records import migrating
from pro_app.records.deliveries import Delivery
from pro_app.records.participants import Participant
from pro_app.records.store import Store
from pro_app.web.factory import create_app
from pro_app.wiring import build
from tests.integration.reminders.scene import NOON, Provider, Scene
from tests.unit.reminders.test_returned import notification

BASE = "https://follow.example.cn"
TOKEN = "a-secret-of-24-letters-or-more"


@pytest.fixture
def database_kind() -> str:
    """SQLite is enough: what the database does with reports is tested in `test_learn` on both."""
    return "sqlite"


@pytest.fixture
def client(store: Store, tmp_path: Path) -> FlaskClient:
    built = build(read_settings({"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_BASE_URL": BASE}))
    built.store.close()
    messengers = (
        AlibabaSms("AKID", "SECRET", callback_token=TOKEN),
        TencentSms("AKID", "SECRET", "14", callback_token=TOKEN),
        TwilioSms("AC1", "T", "MG1"),
    )
    return create_app(replace(built, store=store, messengers=messengers)).test_client()


def taken(store: Store, provider: str) -> tuple[Scene, Participant, Delivery]:
    """Wang's text message, which `provider` has taken as its number id-0."""
    scene = Scene(store, Provider("sms", provider))
    wang = scene.wang()
    scene.tick()
    return scene, wang, scene.rows(wang)[0]


def test_alibaba_s_report_reaches_the_row_and_may_come_again(store: Store, client: FlaskClient) -> None:
    scene, wang, row = taken(store, "aliyun")
    rows = [{"success": True, "err_code": "DELIVERED", "out_id": row.reference}, {"out_id": "not ours"}]

    for _ in range(2):
        answer = client.post(f"/callbacks/aliyun/{TOKEN}", json=rows)
        assert (answer.status_code, answer.json) == (200, {"code": 0, "msg": "OK"})

    assert scene.states(wang) == [("opens", "sms", "delivered", None)]


def test_tencent_s_report_reaches_the_row_and_the_e_mail_follows(store: Store, client: FlaskClient) -> None:
    scene, wang, row = taken(store, "tencent")
    number = {"mobile": "13800030000", "report_status": "FAIL", "errmsg": "MK:0001", "sid": row.remote_id}

    answer = client.post(f"/callbacks/tencent/{TOKEN}", json=[number])

    assert (answer.status_code, answer.json) == (200, {"result": 0, "errmsg": "OK"})
    assert scene.states(wang) == [("opens", "sms", "address_refused", None)]
    scene.remind()
    assert ("opens", "email", "due", None) in scene.states(wang)


def test_twilio_s_signed_report_reaches_the_row(store: Store, client: FlaskClient) -> None:
    scene, wang, row = taken(store, "twilio")
    path = f"/callbacks/twilio/{row.reference}"
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    content = {"data": urlencode(fields), "content_type": "application/x-www-form-urlencoded"}

    assert client.post(path, **content).status_code == 403
    signed = {"X-Twilio-Signature": twilio(BASE + path, fields.items(), "T")}
    # Behind a proxy we are called by another name than the one the provider knows.
    assert client.post(path, headers={**signed, "Host": "10.0.0.2:8000"}, **content).status_code == 200

    assert scene.states(wang) == [("opens", "sms", "delivered", None)]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/callbacks/aliyun/wrong", b"[]", 403),
        (f"/callbacks/aliyun/{TOKEN}", b"nonsense", 400),
        (f"/callbacks/aliyun/{TOKEN}", b"x" * 70_000, 413),
        (f"/callbacks/nobody/{TOKEN}", b"[]", 404),
        (f"/callbacks/smtp/{TOKEN}", b"[]", 404),
        (f"/callbacks/aliyun/{TOKEN}", b"[]", 200),
    ],
)
def test_what_is_not_believed_is_refused_and_changes_nothing(
    store: Store, client: FlaskClient, path: str, body: bytes, status: int
) -> None:
    scene, wang, _ = taken(store, "aliyun")

    assert client.post(path, data=body, content_type="application/json").status_code == status
    assert client.get(path).status_code == 405
    assert scene.states(wang) == [("opens", "sms", "sent", None)]


def test_no_secret_number_or_reference_is_in_the_log(
    store: Store, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    _, _, row = taken(store, "aliyun")
    with caplog.at_level("DEBUG"):
        for path, out_id in (
            (f"/callbacks/aliyun/{TOKEN}", "unknown"),
            ("/callbacks/aliyun/guess", row.reference),
        ):
            rows = [{"out_id": out_id, "phone_number": "13800030000", "success": False}]
            client.post(path, data=json.dumps(rows))

    assert "about none of our messages" in caplog.text
    for secret in (TOKEN, "guess", "13800030000", row.reference):
        assert secret not in caplog.text


def test_a_mail_server_may_hand_over_what_it_returns(tmp_path: Path) -> None:
    environ = {"PRO_APP_DATA_DIR": str(tmp_path), "PATH": "/usr/bin"}
    service = build(read_settings(environ))
    word = [sys.executable, "-m", "pro_app", "bounce"]

    def hand_over(content: bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(word, input=content, env=environ, cwd=ROOT, capture_output=True, check=False)

    assert hand_over(notification()).returncode == 75, (
        "a database that isn't ready: the mail server tries again"
    )
    migrating.up(service.store)
    scene = Scene(Store(service.settings.database_url, load_key_ring(tmp_path / "keys.json", None)))
    scene.carriers = type(scene.carriers)([Provider("email", "smtp")])
    mary = scene.mary()
    scene.tick(NOON)
    returned = notification(to=f"bounces+{scene.rows(mary)[0].reference}@hospital.example")
    handed = hand_over(returned)

    assert (handed.returncode, handed.stdout) == (0, b"address_refused\n")
    assert scene.rows(mary)[0].state == "address_refused"
    scene.store.close()
    service.store.close()
