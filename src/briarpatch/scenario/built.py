"""What a document is built into, which is all that playing needs of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..world.world import Program, World
from .names import EntityNames


@dataclass
class Built:
    """What a document is built into: the read-only program, a world without luck, and the names."""

    program: Program
    world: World
    names: EntityNames
