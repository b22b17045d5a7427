"""One person's chair as a Gymnasium environment, alone or many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ...errors import RequestError
from ...scenario.scenario import Scenario
from .episode import MASK, MODES, Episode, Game

Observation = dict[str, np.ndarray]
MOST_SEED = (1 << 63) - 1
"""Seeds that are drawn lie below this."""


class SeatEnv(gymnasium.Env[Observation, np.int64]):
    """One person of a scenario answers what they are asked; a step goes from one question to the next.

    Args:
        scenario: a name, a file, a folder, or a loaded scenario.
        person: who; may be left out where only one person decides anything.
        reward: arithmetic over measures and endings, such as "free - 2 * lost"; None takes what the scenario's
            `rewards` declare for the person, or else the first measure that has a better direction.
        when: "end" pays at the end; "change" pays at each step by how much the reward's value has changed.
        choices, variants, overrides: as for `briarpatch.run`.
        render_mode: "ansi" (the view in words) or "rgb_array" (the same as a picture).

    `reset(seed=k)` plays the world of seed k, the one of `briarpatch run --seed k`; without a seed it draws one. An
    action is an option by its place in the question. `info["action_mask"]` says which are open; any other leaves the
    question to the person, as an unattended run would.
    """

    metadata: dict[str, Any] = {"render_modes": list(MODES), "render_fps": 1}  # noqa: RUF012 - as Gymnasium has it

    def __init__(
        self,
        scenario: str | Path | Scenario,
        person: str | None = None,
        reward: str | None = None,
        when: str = "end",
        *,
        choices: Mapping[str, str] | None = None,
        variants: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ) -> None:
        check_mode(render_mode)
        self.game = Game(scenario, [person] if person else [], reward, when, choices, variants, overrides)
        if len(self.game.people) > 1:
            raise RequestError(
                f"whose chair? {', '.join(self.game.people)} decide in {self.game.scenario.name}; name one as `person`, "
                "or let several learn with aec_environment or parallel_environment"
            )
        self.person = self.game.people[0]
        self.render_mode = render_mode
        self.observation_space = self.game.space(self.person)
        self.action_space = self.game.actions(self.person)
        self.episode: Episode | None = None

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """What each number of each part of an observation stands for, but for the mask."""
        return {part.name: part.labels for part in self.game.observers[self.person].parts}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict]:
        """Begin the world of `seed`, or of one that is drawn; return (observation, info)."""
        super().reset(seed=seed)
        self.episode = self.game.play(int(self.np_random.integers(MOST_SEED)) if seed is None else seed)
        return self.episode.sees(self.person), self.episode.about(self.person)

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict]:
        """Answer the question that waits; return (observation, reward, terminated, truncated, info)."""
        if self.episode is None:
            raise RequestError("call reset() before step()")
        taken = self.episode.answer(int(action))
        return step_of(self.episode, self.person, taken)

    def action_masks(self) -> np.ndarray:
        """Return which actions may be taken now; the name is the one that sb3-contrib asks for."""
        if self.episode is None:
            raise RequestError("call reset() before action_masks()")
        return self.episode.mask(self.person).astype(bool)

    def doctrine(self) -> int:
        """Return the action that the person takes by themself at the question that waits."""
        if self.episode is None or self.episode.info is None:
            return 0
        names = [option.name for option in self.episode.info.options]
        return names.index(self.episode.run.doctrine())

    def render(self) -> Any:
        """Return what the person sees, in words or as a picture; None without a render mode."""
        return rendered(self.episode, self.person, self.render_mode)


def check_mode(mode: str | None) -> None:
    """Raise RequestError for a render mode that there is not."""
    if mode is not None and mode not in MODES:
        raise RequestError(f"render_mode is {' or '.join(MODES)}, got '{mode}'")


def step_of(episode: Episode, person: str, taken: str | None) -> tuple[Observation, float, bool, bool, dict]:
    """Return what a step returns, once `taken` was answered."""
    info = episode.about(person) | {"taken": taken or ""}
    broken = episode.over and episode.run.ending is None
    return episode.sees(person), episode.pay(person), episode.over and not broken, broken, info


def rendered(episode: Episode | None, person: str, mode: str | None) -> Any:
    """Return what a person sees in `mode`."""
    if mode is None:
        return None
    if episode is None:
        raise RequestError("call reset() before render()")
    text = episode.run.view(person).text()
    if mode == "ansi":
        return text
    from .picture import picture

    return picture(text)


class SeatVectorEnv(VectorEnv[Observation, np.ndarray, np.ndarray]):
    """Many worlds of `SeatEnv` at once, played by threads; arguments as there.

    Args:
        num_envs: worlds at once.
        threads: None takes one for each processor.

    A world that ends is begun anew in the same step, with a seed that is drawn; its last observation and info stand in
    `info["final_obs"]` and `info["final_info"]`. `info["action_mask"]` has a row for each world.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium has it
        "render_modes": list(MODES),
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        scenario: str | Path | Scenario,
        person: str | None = None,
        reward: str | None = None,
        when: str = "end",
        *,
        num_envs: int = 1,
        threads: int | None = None,
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        if num_envs < 1:
            raise RequestError(f"at least one world is needed, got num_envs={num_envs}")
        one = SeatEnv(scenario, person, reward, when, render_mode=render_mode, **settings)
        self.game, self.person, self.render_mode, self.num_envs = one.game, one.person, render_mode, num_envs
        self.single_observation_space, self.single_action_space = one.observation_space, one.action_space
        self.observation_space = batch_space(one.observation_space, num_envs)
        self.action_space = spaces.MultiDiscrete([one.game.observers[one.person].actions] * num_envs)
        self.episodes: list[Episode] = []
        from ...world.parts import processors

        workers = min(threads or processors(), num_envs)
        self._pool = ThreadPoolExecutor(workers, "learner") if workers > 1 else None
        self._shares = [range(first, num_envs, workers) for first in range(workers)]

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict]:
        """Begin a world in each place: with `seed` as a number, those of seed, seed + 1 and so on."""
        if isinstance(seed, list) and len(seed) != self.num_envs:
            raise RequestError(f"{len(seed)} seeds do not fit {self.num_envs} worlds")
        given = seed if isinstance(seed, list) else [None if seed is None else seed + k for k in range(self.num_envs)]
        if seed is not None or not self.episodes:
            self._luck = [np_random(one)[0] for one in given]
        self.episodes = [None] * self.num_envs  # type: ignore[list-item]

        def begin(world: int) -> None:
            own = given[world]
            self.episodes[world] = self.game.play(self._drawn(world) if own is None else own)
            self._show(seen, world)

        seen = self._blank()
        self._each(begin)
        return seen, self._about()

    def step(self, actions: Any) -> tuple[Observation, np.ndarray, np.ndarray, np.ndarray, dict]:
        """Answer the question that waits in each world; return (observations, rewards, terminations, truncations, info)."""
        if not self.episodes:
            raise RequestError("call reset() before step()")
        chosen = np.asarray(actions).tolist()
        if len(chosen) != self.num_envs:
            raise RequestError(f"{len(chosen)} actions do not fit {self.num_envs} worlds")
        rewards = np.zeros(self.num_envs)
        ended, broken = np.zeros(self.num_envs, bool), np.zeros(self.num_envs, bool)
        taken = np.full(self.num_envs, "", object)
        last: list[tuple[Observation, dict] | None] = [None] * self.num_envs

        def play(world: int) -> None:
            episode = self.episodes[world]
            taken[world] = episode.answer(chosen[world]) or ""
            rewards[world] = episode.pay(self.person)
            if episode.over:
                broken[world] = episode.run.ending is None
                ended[world] = not broken[world]
                last[world] = episode.sees(self.person), episode.about(self.person) | {"taken": taken[world]}
                self.episodes[world] = self.game.play(self._drawn(world))
            self._show(seen, world)

        seen = self._blank()
        self._each(play)
        info = self._about() | {"taken": taken, "_taken": np.ones(self.num_envs, bool)}
        for world, found in enumerate(last):
            if found is not None:
                info = self._add_info(info, {"final_obs": found[0], "final_info": found[1]}, world)
        return seen, rewards, ended, broken, info

    def render(self) -> Any:
        """Return what the person sees in each world."""
        if self.render_mode is None:
            return None
        return tuple(rendered(episode, self.person, self.render_mode) for episode in self.episodes)

    def close_extras(self, **kwargs: Any) -> None:
        """End the threads; Gymnasium calls it when it closes the worlds."""
        if self._pool is not None:
            self._pool.shutdown()

    def _drawn(self, world: int) -> int:
        return int(self._luck[world].integers(MOST_SEED))

    def _each(self, work: Callable[[int], None]) -> None:
        """Do `work` for each world, in threads; rows do not depend on how many there are."""

        def share(worlds: range) -> None:
            for world in worlds:
                work(world)

        if self._pool is None:
            share(self._shares[0])
        else:
            list(self._pool.map(share, self._shares))

    def _blank(self) -> Observation:
        shapes = {name: space.shape for name, space in self.observation_space.spaces.items()}  # type: ignore[attr-defined]
        return {name: np.zeros(shape, np.int8 if name == MASK else np.float32) for name, shape in shapes.items()}

    def _show(self, seen: Observation, world: int) -> None:
        for name, values in self.episodes[world].sees(self.person).items():
            seen[name][world] = values

    def _about(self) -> dict[str, Any]:
        whole = np.ones(self.num_envs, bool)
        return {
            MASK: np.stack([episode.mask(self.person) for episode in self.episodes]),
            f"_{MASK}": whole,
            "seed": np.array([episode.seed for episode in self.episodes], np.uint64),
            "_seed": whole,
        }
