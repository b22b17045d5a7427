"""One play-out with learners in some chairs: what both kinds of environments are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from ...errors import RequestError
from ...observation import Observer
from ...run import Run, settled, start
from ...scenario.rewards import reward_of
from ...scenario.scenario import DecisionInfo, Scenario

WHEN = ("end", "change")
MASK = "action_mask"
MODES = ("ansi", "rgb_array")


class Game:
    """A scenario, those of its people who are learners, and what they are paid; it plays any seed.

    Args:
        scenario: a name, a file, a folder, or a loaded scenario.
        people: who the learners are; everybody else decides by themself.
        reward: see `rewards.Reward`; one for all, or for each person their own; None takes what the scenario declares.
        when: "end" pays the value at the end; "change" pays at each step by how much it has changed.
        choices, variants, overrides: as for `briarpatch.run`.

    Raises ScenarioError or RequestError when an argument is at fault.
    """

    def __init__(
        self,
        scenario: str | Path | Scenario,
        people: Sequence[str],
        reward: str | Mapping[str, str] | None,
        when: str,
        choices: Mapping[str, str] | None,
        variants: Mapping[str, str] | None,
        overrides: Mapping[str, Any] | None,
    ) -> None:
        if when not in WHEN:
            raise RequestError(f"a reward is paid at the 'end' or by 'change', got '{when}'")
        scenario = settled(scenario, variants, overrides)
        self.scenario, self.when, self.choices = scenario, when, dict(choices or {})
        deciders = list(dict.fromkeys(info.decider for info in scenario.decisions))
        self.people = list(people) or deciders
        if not self.people:
            raise RequestError(f"nobody decides anything in {scenario.name}, so there is nothing to learn")
        self.observers = {person: Observer(scenario, person) for person in self.people}
        own = dict(reward) if isinstance(reward, Mapping) else dict.fromkeys(self.people, reward)
        if set(own) != set(self.people):
            raise RequestError(f"rewards are for {', '.join(own)}, and {', '.join(self.people)} learn; give each one")
        self.rewards = {person: reward_of(scenario, person, text) for person, text in own.items()}
        if len(self.observers) < len(self.people):
            raise RequestError(f"somebody is named twice among {', '.join(self.people)}")
        self.start(0)  # says what is wrong with the choices

    def start(self, seed: int) -> Run:
        """Return the run of `seed` at its first question to a learner, or at its end."""
        return start(self.scenario, seed, self.choices, ask=self.people).go()

    def space(self, person: str) -> Any:
        """Return the space of what a person observes."""
        seen = self.observers[person]
        parts: dict[str, spaces.Space[Any]] = {MASK: spaces.Box(0, 1, (seen.actions,), np.int8)}
        parts |= {p.name: spaces.Box(p.low, p.high, (len(p.labels),), np.float32) for p in seen.parts}
        return spaces.Dict(parts)

    def actions(self, person: str) -> Any:
        """Return the space of what a person can answer: options by their place in the question."""
        return spaces.Discrete(self.observers[person].actions)

    def play(self, seed: int) -> Episode:
        """Return the episode of `seed`, at its first question to a learner or at its end."""
        return Episode(self, seed)


class Episode:
    """One play-out under way, which stands at a question to a learner or at its end."""

    def __init__(self, game: Game, seed: int) -> None:
        self.game, self.seed = game, seed
        self.run = game.start(seed)
        self._look()
        self._paid = {person: self._worth(person) for person in game.people if game.when == "change"}

    @property
    def over(self) -> bool:
        """True when nothing more is asked."""
        return self.info is None

    def _look(self) -> None:
        self.info: DecisionInfo | None = self.run.question
        self.open = self.run.open_options() if self.info is not None else []
        self.measures: dict[str, float] = {}
        if self.info is None or self.game.when == "change":
            self.measures = self.run.measures

    def answer(self, action: int) -> str | None:
        """Answer the question that waits; an option that is not there or not open leaves it to the person themself.

        Returns the option that is taken, None when nothing was asked.
        """
        if self.info is None:
            return None
        legal = 0 <= action < len(self.open) and self.open[action]
        option = self.info.options[action].name if legal else self.run.doctrine()
        self.run.choose(option)
        self.run.go()
        self._look()
        return option

    def pay(self, person: str) -> float:
        """Return the reward of a person since they were paid last."""
        if self.game.when == "end":
            return self._worth(person) if self.over else 0.0
        before, self._paid[person] = self._paid[person], self._worth(person)
        return self._paid[person] - before

    def _worth(self, person: str) -> float:
        return self.game.rewards[person](self.measures, self.run.ending)

    def sees(self, person: str) -> dict[str, np.ndarray]:
        """Return what a person observes now."""
        return {MASK: self.mask(person)} | self.game.observers[person].see(self.run)

    def mask(self, person: str) -> np.ndarray:
        """Return which actions a person may take now, as 0 and 1; where they are not asked, action 0 stands for none."""
        found = np.zeros(self.game.observers[person].actions, np.int8)
        if self.info is not None and self.info.decider == person:
            found[: len(self.open)] = self.open
        else:
            found[0] = 1
        return found

    def about(self, person: str) -> dict[str, Any]:
        """Return what an environment says besides what is observed."""
        asked = self.info is not None and self.info.decider == person
        found: dict[str, Any] = {
            MASK: self.mask(person),
            "seed": self.seed,
            "decision": self.info.name if asked and self.info else "",
            "options": [option.name for option in self.info.options] if asked and self.info else [],
        }
        if self.over:
            found |= {"ending": self.run.ending or self.run.status, "measures": dict(self.measures)}
        return found
