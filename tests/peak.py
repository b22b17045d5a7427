"""The most memory that a process has taken, for tests that give a part of their work to another process."""

from __future__ import annotations

import inspect


def peak() -> int:
    """Return kilobytes, on Linux; `ru_maxrss` would begin with the peak of the process that started this one."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


PEAK = inspect.getsource(peak)
