"""Environments for programs that learn, with Gymnasium and PettingZoo themselves."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

import briarpatch as bp
from briarpatch.errors import RequestError, ScenarioError
from briarpatch.observation import Observer
from briarpatch.scenario.catalog import load_scenario, packaged
from briarpatch.scenario.rewards import reward_of
from briarpatch.views.learners import ParallelSeatsEnv, SeatEnv, SeatsEnv, SeatVectorEnv
from briarpatch.world.world import compare

FIVE = ["vault", "well", "skirmish", "cartel", "last_word"]


@pytest.fixture(scope="module")
def vault():
    return load_scenario("vault")


def same(first, second) -> bool:
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("name", FIVE)
def test_gymnasium_and_pettingzoo_accept_a_scenario(name):
    people = SeatsEnv(name, reward="1").possible_agents
    check_env(gymnasium.make("briarpatch/Scenario-v0", scenario=name, person=people[0], reward="1").unwrapped)
    with warnings.catch_warnings():
        # it recommends one Box of one size for all, and names such as player_0; what it demands, it asserts
        warnings.filterwarnings("ignore", category=UserWarning, module="pettingzoo.test")
        api_test(SeatsEnv(name, reward="1"), num_cycles=20)
    parallel_api_test(ParallelSeatsEnv(name, reward="1"), num_cycles=20)
    seed_test(lambda: SeatsEnv(name, reward="1"), num_cycles=20)
    parallel_seed_test(lambda: ParallelSeatsEnv(name, reward="1"), num_cycles=20)


def test_an_episode_is_the_run_of_its_seed(vault):
    env = SeatEnv(vault, "manager")
    first, info = env.reset(seed=2)
    assert info["options"] == ["police", "look", "sleep"]
    last, _, terminated, truncated, info = env.step(1)
    assert (terminated, truncated, info["taken"], info["ending"]) == (True, False, "look", "fled")
    run = bp.run(vault, 2, {"manager.act": "look"})
    told = [world.chronicle[: int(world.state["entries"][0])].tobytes() for world in (env.episode.run.world, run.world)]
    assert told[0] == told[1]
    assert info["measures"] == run.measures
    other = SeatEnv(vault, "manager")
    assert same(other.reset(seed=2)[0], first)
    assert same(other.step(1)[0], last)
    assert not compare(env.episode.run.world, other.episode.run.world)


def test_seeds_that_are_drawn_follow_from_the_first(vault):
    seeds = []
    for _ in range(2):
        env = SeatEnv(vault, "manager")
        env.reset(seed=5)
        seeds.append([env.reset()[1]["seed"] for _ in range(3)])
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 3


def test_an_action_that_is_not_open_leaves_the_question_to_the_person(vault, tmp_path):
    text = Path(bp.__file__).parent.joinpath("scenarios", "vault.yaml").read_text(encoding="utf-8")
    closed = "look: { open: 'false', told: The manager went to look,"
    path = tmp_path / "closed.yaml"
    path.write_text(text.replace("look: { told: The manager went to look,", closed), encoding="utf-8")
    env = SeatEnv(path, "manager")
    seen, info = env.reset(seed=2)
    assert info["action_mask"].tolist() == seen["action_mask"].tolist() == [1, 0, 1]
    assert env.action_masks().tolist() == [True, False, True]
    expected = info["options"][env.doctrine()]
    assert env.step(1)[4]["taken"] == expected
    chose = bp.run(path, 2).world.decisions_state["chosen"][0]
    assert env.episode.run.world.decisions_state["chosen"][0] == chose


@pytest.mark.parametrize(("name", "seed"), [("vault", 2), ("quarrel", 1), ("last_word", 3), ("rover", 2)])
def test_an_observation_counts_what_the_view_shows(name, seed):
    run = bp.run(name, seed)
    for person in dict.fromkeys(info.decider for info in run.scenario.decisions):
        observer, facts = Observer(run.scenario, person), run.view(person).facts()
        seen, labels = observer.see(run), {part.name: part.labels for part in observer.parts}
        kinds = {kind: n for kind, n in zip(labels["kinds"], seen["kinds"].tolist(), strict=True) if n}
        assert kinds == Counter(entry["kind"] for entry in facts["entries"])
        shown = {one["fact"]: one["probability"] for one in facts["beliefs"]}
        held = dict(zip(labels.get("beliefs", ()), seen.get("beliefs", np.zeros(0)).tolist(), strict=True))
        assert all(held[fact] == pytest.approx(value, abs=1e-6) for fact, value in shown.items())
        assert ("free", "held", "dead")[int(seen["status"].argmax())] == facts["status"]
        assert bool(seen["place"].any()) == (facts["place"] is not None)


def test_an_observation_hides_what_the_person_cannot_know(vault):
    secret = {"people.guard.values.kinship": "0", "devices.drill.run.0.gamma.mean": "5 h", "bonds.0.trust": "0.1"}
    plain, changed = SeatEnv(vault, "manager"), SeatEnv("vault", "manager", overrides=secret)
    seen = [env.reset(seed=2)[0] for env in (plain, changed)]
    assert same(*seen)
    guard = [SeatsEnv(scenario, ["guard"]) for scenario in ("vault", vault)]
    for env in guard:
        env.reset(seed=2)
    labels = Observer(vault, "guard")
    known = next(part.labels for part in labels.parts if part.name == "known").index("bribe")
    assert guard[0].observe("guard")["known"][known] == 1.0
    assert seen[0]["known"][known] == 0.0


def test_a_reward_is_arithmetic_over_measures_and_endings(vault):
    measures = {"lost": 1.0, "secret_out": 3.0}
    assert reward_of(vault, "manager", "2 * (secret_out - lost) / 4 + -robbed")(measures, "robbed") == 0.0
    assert reward_of(vault, "manager")(measures, None) == -1.0
    for text, words in (
        ("lots", "did you mean 'lost'"),
        ("__import__('os')", "arithmetic over measures"),
        ("lost ** 9", "arithmetic over measures"),
        ("lost +", "arithmetic over measures"),
        ("1" * 2000, "at most"),
    ):
        with pytest.raises(RequestError, match=words.replace("(", r"\(")):
            reward_of(vault, "manager", text)
    with pytest.raises(RequestError, match="not finite"):
        reward_of(vault, "manager", "1 / lost")({"lost": 0.0, "secret_out": 0.0}, None)


def test_a_scenario_declares_what_is_paid(tmp_path, vault):
    file = tmp_path / "vault.yaml"
    text = (packaged() / "vault.yaml").read_text(encoding="utf-8")
    file.write_text(text + 'rewards: { guard: "caught - 2 * robbed" }\n', encoding="utf-8")
    for _ in range(2):  # the second comes from the cache
        scenario = load_scenario(file)
        assert reward_of(scenario, "guard").text == "caught - 2 * robbed"
        assert reward_of(scenario, "guard", "-lost").text == "-lost"
        assert reward_of(scenario, "manager").text == reward_of(vault, "manager").text
    env = SeatEnv(scenario, "guard")
    env.reset(seed=1)
    ended, paid = False, 0.0
    while not ended:
        _, reward, ended, _, info = env.step(0)
        paid += reward
    assert paid == {"caught": 1.0, "robbed": -2.0}.get(info["ending"], 0.0)
    assert compare(bp.run(scenario, seed=3).world, bp.run(vault, seed=3).world) == []
    file.write_text(text + 'rewards: { gard: "lost", guard: "-lots" }\n', encoding="utf-8")
    with pytest.raises(ScenarioError) as raised:
        load_scenario(file)
    line = text.count("\n") + 1
    assert [str(fault).split(";")[0] for fault in raised.value.faults] == [
        f"{file}:{line}:18 'gard' is none of the people of this scenario",
        f"{file}:{line}:33 the reward names 'lots', which is neither a measure nor an ending",
    ]


def test_a_reward_by_change_adds_up_to_that_at_the_end(vault):
    paid = {}
    for when in ("end", "change"):
        env = SeatsEnv(vault, reward={"manager": "secret_out", "guard": "-lost"}, when=when)
        env.reset(seed=2)
        before = env.episode.run.measures
        total = dict.fromkeys(env.agents, 0.0)
        for agent in env.agent_iter():
            _, reward, terminated, truncated, _ = env.last()
            total[agent] += reward
            env.step(None if terminated or truncated else 0)
        paid[when] = total, before
    assert paid["end"][0] == {"manager": 3.0, "guard": 0.0}
    assert paid["change"][0]["manager"] == paid["end"][0]["manager"] - paid["end"][1]["secret_out"]


def test_worlds_at_once_do_not_depend_on_threads(vault):
    rows = []
    for threads in (1, 3):
        env = SeatVectorEnv(vault, "manager", num_envs=5, threads=threads)
        seen, info = env.reset(seed=40)
        found = [seen, info["seed"].tolist()]
        for step in range(3):
            seen, rewards, ended, _, info = env.step(np.full(5, step))
            assert ended.all(), "each world asks the manager once at most"
            found += [seen, rewards.tolist(), info["taken"].tolist(), info["final_info"]["ending"].tolist()]
        env.close()
        rows.append(found)
    assert rows[0][1] == [40, 41, 42, 43, 44]
    for one, two in zip(*rows, strict=True):
        assert same(one, two) if isinstance(one, dict) else one == two
    alone = SeatEnv(vault, "manager")
    for world in range(5):
        seen, _ = alone.reset(seed=40 + world)
        assert all(np.array_equal(seen[name], rows[0][0][name][world]) for name in seen)
        assert alone.step(0)[1] == rows[0][3][world]


def test_gymnasium_makes_many_worlds():
    env = gymnasium.make_vec("briarpatch/Vault-v0", num_envs=2, threads=1)
    assert isinstance(env.unwrapped, SeatVectorEnv)
    assert env.reset(seed=1)[0]["beliefs"].shape == (2, 2)


def test_a_seat_is_shown_in_words_and_as_a_picture(vault):
    env = SeatEnv(vault, "manager", render_mode="ansi")
    env.reset(seed=2)
    assert env.render() == bp.start(vault, 2, ask=["manager"]).go().view("manager").text()
    env = SeatEnv(vault, "manager", render_mode="rgb_array")
    env.reset(seed=2)
    picture = env.render()
    assert (picture.shape, picture.dtype) == ((480, 640, 3), np.uint8)
    assert picture.min() < 100 < picture.max(), "there are words on it"


def test_what_is_wrong_is_said(vault):
    for make, words in (
        (lambda: SeatEnv(vault), "whose chair"),
        (lambda: SeatEnv(vault, "managr"), "did you mean 'manager'"),
        (lambda: SeatEnv(vault, "clerk"), "decides nothing"),
        (lambda: SeatEnv(vault, "manager", render_mode="human"), "ansi or rgb_array"),
        (lambda: SeatEnv(vault, "manager", when="now"), "'end' or by 'change'"),
        (lambda: SeatEnv(vault, "manager", choices={"manager.act": "shout"}), "no option 'shout'"),
        (lambda: SeatEnv("ridge", "x"), "decides nothing in ridge"),
        (lambda: SeatsEnv("cartel"), "give a reward"),
        (lambda: SeatsEnv(vault, reward={"manager": "lost"}), "give each one"),
        (lambda: SeatEnv(vault, "manager").step(0), "call reset"),
        (lambda: SeatVectorEnv(vault, "manager", num_envs=0), "at least one world"),
    ):
        with pytest.raises(RequestError, match=words):
            make()


@pytest.mark.parametrize(
    ("module", "missing", "extra"),
    [("briarpatch.views.learners", "pettingzoo", "rl"), ("briarpatch.views.models", "httpx", "models")],
)
def test_a_door_whose_library_is_missing_says_what_to_install(module, missing, extra):
    code = f"import sys; sys.modules['{missing}'] = None\ntry:\n    import {module}\nexcept Exception as e:\n    print(type(e).__name__, e)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("MissingExtraError")
    assert f"pip install 'briarpatch[{extra}]'" in said


def test_the_first_examples_of_the_page_print_what_stands_there(capsys):
    page = (Path(__file__).parent.parent / "docs" / "learners.md").read_text()
    examples = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL)[:2]
    names = {}
    for code, printed in examples:
        exec(code, names)
        assert capsys.readouterr().out == printed
    assert len(examples) == 2
