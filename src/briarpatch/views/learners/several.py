"""Several chairs of a scenario as PettingZoo environments: who is asked acts, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.utils.seeding import np_random
from pettingzoo import AECEnv, ParallelEnv

from ...errors import RequestError
from ...scenario.scenario import Scenario
from .episode import MODES, Episode, Game
from .single import MOST_SEED, Observation, check_mode, rendered


class _Chairs:
    """What both environments share; see `SeatsEnv`."""

    def __init__(
        self,
        scenario: str | Path | Scenario,
        people: Sequence[str] = (),
        reward: str | Mapping[str, str] | None = None,
        when: str = "end",
        *,
        choices: Mapping[str, str] | None = None,
        variants: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ) -> None:
        check_mode(render_mode)
        self.game = Game(scenario, people, reward, when, choices, variants, overrides)
        self.possible_agents = list(self.game.people)
        self.agents: list[str] = []
        self.render_mode = render_mode
        self.observation_spaces = {person: self.game.space(person) for person in self.possible_agents}
        self.action_spaces = {person: self.game.actions(person) for person in self.possible_agents}
        self.episode: Episode | None = None
        self._luck: np.random.Generator | None = None

    def observation_space(self, agent: str) -> Any:
        """Return the space of what a person observes, always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """Return the space of what a person can answer, always the same object."""
        return self.action_spaces[agent]

    def _begin(self, seed: int | None) -> Episode:
        if seed is not None or self._luck is None:
            self._luck = np_random(seed)[0]
        self.agents = list(self.possible_agents)
        self.episode = self.game.play(int(self._luck.integers(MOST_SEED)) if seed is None else seed)
        return self.episode

    def _under_way(self) -> Episode:
        if self.episode is None:
            raise RequestError("call reset() before anything else")
        return self.episode


class SeatsEnv(_Chairs, AECEnv[str, Observation, int]):
    """People of a scenario answer what they are asked, one after another, as a PettingZoo AEC environment.

    Args:
        scenario: a name, a file, a folder, or a loaded scenario.
        people: who learns; all who decide anything, when none are named.
        reward: arithmetic over measures and endings for all, or for each person their own.
        when, choices, variants, overrides, render_mode: as for `SeatEnv`.

    `agent_selection` is who is asked. Actions, masks and observations are those of `SeatEnv`.
    """

    metadata: dict[str, Any] = {"name": "briarpatch_seats_v0", "render_modes": list(MODES), "is_parallelizable": False}  # noqa: RUF012

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Begin the world of `seed`, or of one that is drawn."""
        self._begin(seed)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self._tell("")

    def observe(self, agent: str) -> Observation:
        """Return what a person can know now; PettingZoo asks."""
        return self._under_way().sees(agent)

    def step(self, action: Any) -> None:
        """Answer the question that waits for `agent_selection`."""
        episode = self._under_way()
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[agent] = 0.0
        taken = episode.answer(int(action))
        self.rewards = {person: episode.pay(person) for person in self.agents}
        if episode.over:
            broken = episode.run.ending is None
            self.terminations = dict.fromkeys(self.agents, not broken)
            self.truncations = dict.fromkeys(self.agents, broken)
        self._accumulate_rewards()
        self._tell(taken or "")

    def render(self) -> Any:
        """Return what the person who is asked sees."""
        return rendered(self.episode, self.agent_selection, self.render_mode)

    def close(self) -> None:
        """Let go of the world."""
        self.episode = None

    def _tell(self, taken: str) -> None:
        episode = self._under_way()
        self.infos = {person: episode.about(person) | {"taken": taken} for person in self.agents}
        self.agent_selection = episode.info.decider if episode.info is not None else self.agents[0]


class ParallelSeatsEnv(_Chairs, ParallelEnv[str, Observation, int]):
    """People of a scenario as a PettingZoo parallel environment; arguments as for `SeatsEnv`.

    At each step one question waits: its decider's action answers it, and those of the others, whose masks allow
    action 0 alone, do nothing.
    """

    metadata: dict[str, Any] = {"name": "briarpatch_seats_parallel_v0", "render_modes": list(MODES)}  # noqa: RUF012

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        """Begin the world of `seed`, or of one that is drawn; return (observations, infos)."""
        episode = self._begin(seed)
        return self._seen(episode), {person: episode.about(person) for person in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[dict, dict, dict, dict, dict]:
        """Answer the question that waits; return (observations, rewards, terminations, truncations, infos) of each person."""
        episode = self._under_way()
        if not self.agents:
            return {}, {}, {}, {}, {}
        asked = episode.info.decider if episode.info is not None else None
        if asked is not None and asked not in actions:
            raise RequestError(f"a question waits for '{asked}', who has no action")
        taken = episode.answer(int(actions[asked])) if asked is not None else None
        broken = episode.over and episode.run.ending is None
        everybody = list(self.agents)
        found = (
            self._seen(episode),
            {person: episode.pay(person) for person in everybody},
            dict.fromkeys(everybody, episode.over and not broken),
            dict.fromkeys(everybody, broken),
            {person: episode.about(person) | {"taken": taken or ""} for person in everybody},
        )
        if episode.over:
            self.agents = []
        return found

    def render(self) -> Any:
        """Return what the person who is asked sees; at the end, the first of them."""
        info = self._under_way().info
        return rendered(self.episode, info.decider if info else self.possible_agents[0], self.render_mode)

    def close(self) -> None:
        """Let go of the world."""
        self.episode = None

    def _seen(self, episode: Episode) -> dict[str, Observation]:
        return {person: episode.sees(person) for person in self.agents}
