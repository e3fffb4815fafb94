"""All threads share one heap: half a dozen MiB less for each process that serves.

glibc gives every thread a heap of its own, so that threads which allocate at the same time don't wait for one
another. Python's threads take turns anyway, and what one of them frees the next can't use.
https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html (M_ARENA_MAX)
"""

_M_ARENA_MAX = -8


def share_one_heap() -> bool:
    """For the whole process, before its threads are made; says whether the C library knows of it."""
    import ctypes  # late: decision 0095

    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1))
    except (AttributeError, OSError, TypeError):  # another C library than glibc
        return False


def give_back() -> bool:
    """Free pages inside the heap go back to the system, as those at its end do by themselves; says whether
    there were any. A few milliseconds: for work that comes now and then and takes much at once."""
    import ctypes  # late: decision 0095

    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError, TypeError):  # another C library than glibc
        return False
