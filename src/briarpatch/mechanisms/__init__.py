"""The mechanisms, in the order in which those that are due at the same instant run. It stands here and nowhere else."""

from __future__ import annotations

ORDER: tuple[str, ...] = (
    "environment",  # what changes by itself
    "weather",  # what is in the air
    "cohorts",  # those who are counted
    "flows",
    "observation",  # perception
    "signals",  # messages
    "rumours",
    "talk",
    "inquiry",
    "knowledge",  # what people make of all that
    "command",  # decisions
    "rules",
    "following",  # who joins in
    "march",  # movement on foot
    "ships",  # movement in space, and combat
    "transporter",
    "drones",  # engagement
    "malfunction",
    "devices",
    "radiation",  # fields and doses
    "ageing",  # health and age
    "dealings",  # relations
    "bonds",
)
