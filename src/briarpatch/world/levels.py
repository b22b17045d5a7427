"""The levels for which object code comes with the program, and which of them a machine can run."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from llvmlite import binding

from .targets import described

_OF_V3 = frozenset(
    ("avx", "avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sahf", "sse4.2", "xsave")
)
"""What a processor of level 3 of x86-64 can do, by LLVM's names."""


class Target(NamedTuple):
    """A level for which code is shipped: a system, a processor, and what the processor must be able to do."""

    name: str
    system: str
    kinds: tuple[str, ...]
    """What LLVM calls the kind of processor."""
    triple: str
    processor: str
    features: frozenset[str] = frozenset()

    def machine(self) -> Any:
        """Return LLVM's description of the level."""
        return described(self.triple, self.processor, "")


# On Windows, LLVM loads what has the form of Linux and calls as Windows does.
_WINDOWS = "x86_64-pc-windows-msvc-elf"
_X86, _ARM = ("x86_64", "amd64"), ("aarch64", "arm64")

TARGETS: tuple[Target, ...] = (
    Target("linux-x86-64-v3", "linux", _X86, "x86_64-unknown-linux-gnu", "x86-64-v3", _OF_V3),
    Target("linux-x86-64", "linux", _X86, "x86_64-unknown-linux-gnu", "x86-64"),
    Target("linux-aarch64", "linux", _ARM, "aarch64-unknown-linux-gnu", "generic"),
    Target("macos-arm64", "darwin", _ARM, "arm64-apple-darwin", "apple-m1"),
    Target("windows-x86-64-v3", "win32", _X86, _WINDOWS, "x86-64-v3", _OF_V3),
)
"""Every level for which code is shipped, the better one of a kind first."""

OPTIMISED_FOR: Target = TARGETS[0]
"""The level for which the code of all of them is optimised, before each makes machine code of it."""


def fitting(system: str, kind: str, able: frozenset[str]) -> list[Target]:
    """Return the levels that a machine can run, the best first: its system, its kind of processor, what that can do."""
    return [one for one in TARGETS if one.system == system and kind in one.kinds and one.features <= able]


def fitting_here() -> list[Target]:
    """Return the levels that this machine can run, the best first."""
    able = frozenset(name for name, has in binding.get_host_cpu_features().items() if has)
    return fitting(sys.platform, binding.get_process_triple().partition("-")[0], able)
