"""Learn what the manager of `vault` should answer, as a table, and save it.

    pip install 'briarpatch[rl]'
    python learn_vault.py manager.json

Every world ends soon after the manager has answered, so each answer is tried many times in each range of what the manager
can know, and the best mean wins: a contextual bandit. `docs/learners.md` shows what comes of it.
"""

from __future__ import annotations

import sys
from collections import defaultdict

import gymnasium
import numpy as np

import briarpatch.views.learners  # noqa: F401 - makes the environments known to Gymnasium
from briarpatch.analysis.deciders import Feature, TablePolicy

FEATURES = [
    Feature(part="beliefs", label="drilling", edges=[0.5, 0.7, 0.9]),
    Feature(part="clock", label="days", edges=[0.05, 0.1]),
]


def train(worlds: int = 2000, seed: int = 100_000, tried: float = 0.3) -> TablePolicy:
    """Return a policy learned in `worlds` worlds; in a share `tried` of them the answer is drawn."""
    env = gymnasium.make("briarpatch/Vault-v0", reward="-lost").unwrapped
    policy = TablePolicy("vault", "manager", FEATURES)
    paid: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    luck = np.random.default_rng(seed)

    def mean(key: str, option: str) -> float:
        total, count = paid[key, option]
        return total / count if count else 0.0  # as good as can be, so that each is tried

    for world in range(worlds):
        seen, info = env.reset(seed=seed + world)
        if not info["decision"]:
            continue
        options, key = info["options"], policy.key(seen, env.labels)
        best = max(options, key=lambda option: mean(key, option))
        option = options[luck.integers(len(options))] if luck.random() < tried else best
        _, reward, _, _, _ = env.step(options.index(option))
        paid[key, option][0] += float(reward)
        paid[key, option][1] += 1.0
    for key in sorted({key for key, _ in paid}):
        policy.answers.setdefault("manager.act", {})[key] = max(("police", "look", "sleep"), key=lambda o: mean(key, o))
    return policy


if __name__ == "__main__":
    print(train().save(sys.argv[1] if len(sys.argv) > 1 else "manager.json"))
