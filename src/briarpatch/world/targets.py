"""How LLVM makes and loads object code, for this machine or for another."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import binding

LLVM: int = binding.llvm_version_info[0]
"""The version of LLVM that makes and loads code here."""


@cache
def this_machine() -> tuple[str, str, str]:
    """Return what object code is made for here: the kind of machine, its processor, and the processor's features."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    return binding.get_process_triple(), binding.get_host_cpu_name(), features


def target_machine() -> Any:
    """Return LLVM's description of this machine."""
    return described(*this_machine())


def described(triple: str, processor: str, features: str) -> Any:
    """Return LLVM's description of a machine, by which code is made and loaded."""
    static = triple.startswith(("x86", "i386", "i686"))
    return binding.Target.from_triple(triple).create_target_machine(
        processor, features, 3, reloc="static" if static else "default", codemodel="jitdefault", jit=True
    )
