"""How long a request has lain in the kernel before anybody looked at it.

A server that is short of processor time reads late: whole requests wait in its listening queue and in their
sockets, where no clock of the program sees them. Linux notes for each connection when its last data came.
"""

import socket
import struct
from typing import Any

# `struct tcp_info` of <linux/tcp.h>: eight bytes, eleven numbers, then tcpi_last_data_recv in milliseconds.
_LAST_DATA_RECV = struct.Struct("=52xI")
_TCP_INFO = getattr(socket, "TCP_INFO", None)


def since_last_data(connection: Any) -> float:
    """Seconds since `connection` (a socket) got its last data, which for a request that was read whole is
    when it was complete; 0.0 where nobody knows (another system, a Unix socket, a closed one)."""
    if _TCP_INFO is None:
        return 0.0
    try:
        known = connection.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _LAST_DATA_RECV.size)
        return float(_LAST_DATA_RECV.unpack(known)[0]) / 1000
    except (OSError, AttributeError, struct.error):
        return 0.0
