"""Talk at work: who tells whom, how soon, and when nobody does any more."""

import math

import knowledge_reference
import numpy as np
import pytest

from briarpatch.errors import BriarpatchError
from briarpatch.mechanisms import talk
from plays import HOUR, few, go_on, log, play, row, scene, within

NAMES = [f"p{i}" for i in range(6)]


def company(talk="contact: 1/h", places=("here",) * 6, text="", until="1000 h", trust=0.98, **settings):
    """Return a scenario of six of whom the first knows a fact, and would talk of it."""
    folk = "people:\n" + "".join(
        f"  {name}: {{ faction: ours, place: {place}{', knows: [sale]' if name == 'p0' else ''} }}\n"
        for name, place in zip(NAMES, places, strict=True)
    )
    return scene(
        f"facts: {{ sale: {{ prior: 0.3 }} }}\ntalks: {{ gossip: {{ fact: sale, among: ours, {talk} }} }}\n{text}",
        until,
        folk,
        head=f"knowing: 0.9, trust_own: {trust}",
        **settings,
    )


def knowers(scenario, world) -> set[str]:
    fact = row(scenario, "fact", "sale")
    return {name for name in NAMES if world.beliefs[row(scenario, "person", name), fact].known}


def test_one_who_knows_tells_another_at_the_rate_of_contact():
    n, at = few(400), 0.7 * HOUR
    scenario = company(places=("here", "here", "there", "there", "there", "there"))
    heard = sum(knowers(scenario, play(scenario, seed, at)) == {"p0", "p1"} for seed in range(n))
    assert within(heard / n, 1.0 - math.exp(-0.7), n)


def test_it_runs_as_the_law_among_individuals_does():
    n, at = few(400), 0.5 * HOUR
    scenario = company("contact: 1/h, tires: 0.5")
    engine = [len(knowers(scenario, play(scenario, seed, at))) for seed in range(n)]
    law = []
    telling = np.full((6, 6), talk.telling_rate(1.0 / HOUR, 1.0, 1.0))
    for seed in range(n):
        status, keys = np.zeros(6, np.int64), np.arange(6, dtype=np.uint64)
        status[0] = knowledge_reference.SPREADER
        hear, stop, scratch = np.empty(6), np.empty(6), np.empty((2, 6))
        knowledge_reference.arm_rumour(hear, stop, keys, np.uint64(seed))
        at_, by = np.zeros(6), np.full(6, -1)
        knowledge_reference.spread(
            status, at_, by, hear, stop, scratch[0], scratch[1], keys, telling, 0.5, 0.0, at, np.uint64(seed)
        )
        law.append(int((status != knowledge_reference.IGNORANT).sum()))
    spread = math.sqrt((np.var(engine) + np.var(law)) / n)
    assert abs(np.mean(engine) - np.mean(law)) <= 4.0 * spread


def test_O_10_9_no_contact_no_company_and_secrecy_leave_it_with_its_origin():
    apart = ("here", "there", "there", "there", "there", "there")
    for scenario in (company("contact: 0/h"), company(places=apart), company('contact: 1/h, when: "false"')):
        assert knowers(scenario, play(scenario)) == {"p0"}


def test_O_10_9_ready_talk_reaches_all_at_once():
    scenario = company("contact: 1e6/s")
    world = play(scenario)
    assert knowers(scenario, world) == set(NAMES)
    assert max(entry.time for entry in log(scenario, world, "told")) < 1.0


def test_apart_they_speak_wherever_they_are():
    apart = ("here", "there", "there", "there", "there", "there")
    scenario = company("contact: 1/h, apart: true", apart)
    assert knowers(scenario, play(scenario)) == set(NAMES)


def test_whoever_finds_that_all_know_falls_silent_once():
    scenario = company("contact: 1/h, tires: 1")
    world = play(scenario)
    silent = [entry.subject for entry in log(scenario, world, "fell silent")]
    assert len(silent) == len(set(silent)) > 0
    told = [entry.subject for entry in log(scenario, world, "told")]
    last = {entry.subject: entry.time for entry in log(scenario, world, "told")}
    for entry in log(scenario, world, "fell silent"):
        assert last.get(entry.subject, 0.0) <= entry.time
    assert told


def test_nobody_is_told_twice_what_convinced_them_as_little_the_first_time():
    scenario = company(trust=0.6)
    world = play(scenario)
    told = [(entry.subject, entry.object) for entry in log(scenario, world, "told")]
    assert len(told) == len(set(told)) == 5  # all by the first, who alone is sure enough to tell
    assert knowers(scenario, world) == {"p0"}


def test_trust_sets_how_often_one_is_told():
    n, at = few(400), 0.7 * HOUR
    bonds = "bonds: [{ who: p1, to: p0, trust: 0.95 }]"
    places = ("here", "here", "there", "there", "there", "there")
    scenario = company("contact: 1/h, by_trust: true", places, bonds)
    heard = sum(bool(log(scenario, play(scenario, seed, at), "told")) for seed in range(n))
    assert within(heard / n, 1.0 - math.exp(-0.7 * 0.95), n)


def test_the_dead_neither_tell_nor_hear():
    rules = "rules: { blow: { when: 'true', do: [kill: { who: p0 }] } }"
    scenario = company(text=rules)
    assert knowers(scenario, play(scenario)) == {"p0"}


def test_it_takes_no_heed_of_how_time_is_cut():
    scenario = company("contact: 1/h, tires: 0.5")
    whole = play(scenario, 4)
    world, at = scenario.world(4), 0.0
    while at < 20 * HOUR:
        at += 0.1 * HOUR
        world, _ = go_on(scenario, world, at)
    world, _ = go_on(scenario, world)
    wanted = [(e.kind, e.subject, e.object) for e in log(scenario, whole, "told", "fell silent")]
    assert [(e.kind, e.subject, e.object) for e in log(scenario, world, "told", "fell silent")] == wanted


def test_each_hearing_rests_on_what_its_teller_heard():
    scenario = company()
    world = play(scenario)
    entries = log(scenario, world)
    for entry in entries:
        if entry.kind == "told" and entry.subject != "p0":
            cause = entries[entry.cause]
            assert (cause.kind, cause.subject) == ("learned", entry.subject)


@pytest.mark.parametrize(
    ("talk", "fault"),
    [("contact: 1/h, tires: 2", "tires"), ("contact: -1/h", "contact"), ("contact: .inf", "contact")],
)
def test_what_is_out_of_range_is_refused(talk, fault):
    with pytest.raises(BriarpatchError, match=fault):
        company(talk)


def test_a_talk_wants_two():
    with pytest.raises(BriarpatchError, match="at least two people"):
        scene("facts: { sale: {} }\ntalks: { gossip: { fact: sale, among: [ann], contact: 1/h } }")
