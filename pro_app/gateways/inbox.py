"""The provider that writes each message as a file: for demonstrations, tests and a dry start."""

from datetime import datetime
from pathlib import Path

from pro_app.letters import folder
from pro_app.ports import Channel, Message, Outcome


class Inbox:
    """One channel of a directory of messages (`letters.folder`)."""

    name = "inbox"

    def __init__(self, path: Path, channel: Channel) -> None:
        self.channel: Channel = channel
        self._path = path

    def send(self, message: Message, now: datetime) -> Outcome:
        """Delivered once the file is there; "later" when it can't be written."""
        try:
            folder.put(self._path, message, now)
        except OSError as fault:
            return Outcome("later", self.name, detail=f"the file could not be written: {fault.strerror}")
        return Outcome("delivered", self.name, remote_id=message.reference)

    def look_up(self, reference: str) -> Outcome | None:
        """A file that isn't there was never sent, so "later"; the directory always knows."""
        if folder.get(self._path, reference):
            return Outcome("delivered", self.name, remote_id=reference)
        return Outcome("later", self.name, detail="there is no such file")
