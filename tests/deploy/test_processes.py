"""Several web processes: one that dies, and hundreds who are slow, are nobody's trouble."""

import asyncio
import json
import ssl
from concurrent.futures import ThreadPoolExecutor

import psutil

from tests import own_loop
from tests.deploy.conftest import Installation
from tests.deploy.programs import NAME, kill

SLOW = 200


def test_a_web_process_is_killed_and_no_answer_fails(installation: Installation) -> None:
    patients = [installation.waiting.pop() for _ in range(16)]
    port, doomed = next(iter(installation.web.items()))
    with ThreadPoolExecutor(4) as telephones:
        sent = [telephones.submit(installation.send, one) for one in patients]
        for one in sent[:4]:
            one.result()
        kill(doomed)
        answers = [one.result() for one in sent]
    assert {answer.status for answer in answers} <= {200, 201}
    ids = [json.loads(body)["response"] for _, body in patients]
    assert [answer.json["response"] for answer in answers] == ids
    assert installation.stored(ids) == ids
    assert installation.front.ask("GET", "/staff/sign-in").status == 200
    installation.start_web(port)


def test_two_hundred_slow_connections_harm_nobody(installation: Installation) -> None:
    token, body = installation.waiting.pop()
    head = (
        f"POST /device/response HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Visit {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    ).encode()
    # Half of them never end their header, half never end their body.
    beginnings = (head, head + b"\r\n" + body[: len(body) // 2])

    async def slow(number: int, context: ssl.SSLContext) -> asyncio.StreamWriter:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", installation.front.tls, ssl=context, server_hostname=NAME
        )
        writer.write(beginnings[number % 2])
        await writer.drain()
        return writer

    async def crowd() -> tuple[int, int]:
        context = installation.front.context
        streams = await asyncio.gather(*(slow(number, context) for number in range(SLOW)))
        answers = await asyncio.gather(
            *(asyncio.to_thread(installation.send, installation.waiting.pop()) for _ in range(8))
        )
        reached = sum(_connections(port) for port in installation.web)
        open_still = sum(not writer.is_closing() for writer in streams)
        for writer in streams:
            writer.transport.abort()
        assert [answer.status for answer in answers] == [201] * 8
        return reached, open_still

    reached, open_still = own_loop.run(crowd())
    # On a busy machine nginx may have closed some for their silence of 15 s by now.
    assert 0 < open_still <= SLOW
    # What nginx keeps open for the quick ones; none of the slow ones has come through.
    assert reached <= 32
    assert installation.stored([json.loads(body)["response"]]) == []


def _connections(port: int) -> int:
    """How many are open at a web process, from its side."""
    return sum(
        1
        for one in psutil.net_connections("tcp")
        if one.laddr.port == port and one.status == psutil.CONN_ESTABLISHED
    )
