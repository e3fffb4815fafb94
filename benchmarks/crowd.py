"""Many clients at once over plain sockets: cheap enough that the server, not the crowd, is measured."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes

    @property
    def cookie(self) -> str:
        """What a browser would send back."""
        return "; ".join(self.cookies)


class Caller:
    """One client with one kept connection. `seconds`: how long each answer took, with connecting."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.seconds: list[float] = []
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        began = time.perf_counter()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Encoding: gzip, br"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if method != "GET":
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [_header(line) for line in head[1:] if line]
        found = dict(pairs)
        cookies = tuple(value.partition(";")[0] for name, value in pairs if name == "set-cookie")
        if found.get("transfer-encoding") == "chunked":
            got = await _chunks(reader)
        else:
            got = await reader.readexactly(int(found.get("content-length", "0")))
        if found.get("connection", "").lower() == "close":
            self.close()
        self.seconds.append(time.perf_counter() - began)
        return Reply(int(head[0].split(" ")[1]), found, cookies, got)

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    while size := int(await reader.readline(), 16):
        whole += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return whole


Completion = Callable[[Caller, int], Awaitable[None]]


@dataclass(slots=True)
class Tally:
    """Seconds of each completion, and of the whole."""

    seconds: list[float] = field(default_factory=list)
    whole: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.whole

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def run(port: int, clients: int, count: int, complete: Completion) -> Tally:
    """`count` completions by `clients` clients, each taking the next number as soon as it is free."""
    return asyncio.run(_run(port, clients, count, complete))


async def _run(port: int, clients: int, count: int, complete: Completion) -> Tally:
    numbers = iter(range(count))
    tally = Tally()

    async def client() -> None:
        for number in numbers:
            caller = Caller(port)
            began = time.perf_counter()
            await complete(caller, number)
            tally.seconds.append(time.perf_counter() - began)
            caller.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    tally.whole = time.perf_counter() - began
    return tally
