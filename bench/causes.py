"""The 32 systems of the tellings: what each runs on, what is taken away, and by how much something then has to differ.

What is looked at, the direction and the least size that counts were written down after trials with seeds of their own;
`bench/story.py` plays it with seeds that no trial had seen, and writes the table of `docs/insurrection.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class System(NamedTuple):
    """One system: its mechanism, a small scenario of its own, a cause taken away, and what has to differ."""

    name: str
    pages: tuple[str, ...]
    """Pages under docs/mechanisms, or of docs, that describe the mechanism."""
    scenario: str
    """A packaged scenario that shows the mechanism by itself."""
    removed: str
    """What is taken away, in words."""
    settings: Mapping[str, Any]
    """The paths that are set for it."""
    reads: str
    """What is looked at: "event NAME", "measure NAME", "ending NAME", "taken" (people ever captured)."""
    least: float
    """The least difference that counts, with its sign: what is seen with the cause away, less what is seen with it."""
    choices: Mapping[str, str] = {}
    """Answers that are given in both, so that it comes to what is looked at."""
    of: str = "insurrection"
    """The scenario that is played."""


NEVER, SHUT = "false", "false"
STOOD = {"picard.stand": "resist", "riker.mission": "report", "elder.flee": "flee", "picard.way": "vein"}
FOUGHT = STOOD | {"ruafo.ship": "press", "dougherty.attack": "allow"}

SYSTEMS = [
    System(
        "covert observation, suits",
        ("observation",),
        "lookout",
        "the suits",
        {"people.data.suit": 1, "people.observer_chief.suit": 1},
        "event watch_found_out",
        +0.1,
    ),
    System(
        "a hidden, cloaked, submerged vessel and its discovery",
        ("observation",),
        "lookout",
        "the cloak",
        {"vessels.holoship.cloaked": False},
        "event search_in_vain",
        -0.05,
    ),
    System(
        "a machine officer damaged, malfunctioning, captured or destroyed",
        ("malfunction",),
        "rover",
        "what makes it break down",
        {"people.data.malady.onset": "0/s"},
        "event data_shown",
        -0.3,
    ),
    System(
        "exposure: what the observed learn",
        ("knowledge", "observation"),
        "valley",
        "what the villagers see of the watch",
        {
            "rules.data_shown.do": [{"unmask": "data"}],
            "sensors.village_eyes.active": False,
            "rules.daybreak.when": NEVER,
        },
        "measure moved",
        +20.0,
    ),
    System(
        "calls, orders and requests",
        ("signals", "command"),
        "couriers",
        "any call to the ship",
        {f"decisions.dougherty.call.options.{name}.open": SHUT for name in ("schematics", "help", "stop")},
        "event arrival",
        -0.3,
    ),
    System(
        "the investigation: findings that add up",
        ("knowledge",),
        "well",
        "the trace in the machine",
        {"inquiries.trace.information": "0/h"},
        "event put_together",
        -0.05,
    ),
    System(
        "the rings: benefit and healing",
        ("radiation",),
        "spring",
        "what is good in them",
        {"fields.rings.benefit": "0/year", "fields.rings.healing": "0/s"},
        "event sight",
        -0.3,
    ),
    System(
        "agelessness, ageing, treatment",
        ("ageing",),
        "century",
        "the treatment",
        {"rules.treatment.when": NEVER},
        "ending died_out",
        +0.1,
        of="exile",
    ),
    System(
        "appearance and surgery",
        ("ageing", "knowledge"),
        "quarrel",
        "what treatment has made of a face",
        {"people.gallatin.burden": 0, "people.gallatin.treatment": 0},
        "event known_by_the_face",
        +0.03,
    ),
    System(
        "relationships",
        ("bonds", "command"),
        "quarrel",
        "what they feel for one another",
        {f"bonds.{row}.affection": 0 for row in (0, 3, 7, 9)} | {"bonds.0.dormant": 0, "bonds.1.appeal": "0/s"},
        "event insurrection",
        -0.1,
    ),
    System(
        "the copied village: knowing where one is",
        ("knowledge",),
        "quiet",
        "anything by which to tell the copy",
        {"places.holodeck.pretends.density": "1e-12/s"},
        "measure moved",
        +30.0,
        {"picard.stand": "obey", "elder.guard": "wait", "dougherty.remove": "by_night"},
    ),
    System(
        "the secret plan: removal without consent",
        ("command", "transporter"),
        "last_word",
        "the night: they are asked first",
        {
            "decisions.dougherty.remove.options.by_night.open": SHUT,
            "decisions.dougherty.remove.options.call_off.open": SHUT,
        },
        "measure moved",
        -20.0,
        {"picard.stand": "obey"},
    ),
    System(
        "the directive and the guidelines",
        ("command",),
        "strike",
        "its weight to Picard",
        {"people.picard.values.directive": 0},
        "event insurrection",
        -0.1,
    ),
    System(
        "confronting, resisting, resigning, following",
        ("command",),
        "strike",
        "those who follow unasked",
        {"movements.with_picard.when": NEVER},
        "measure stood_by_picard",
        -3.0,
        STOOD,
    ),
    System(
        "carrying word out",
        ("signals", "ships"),
        "couriers",
        "the relay station",
        {"channels.open_space.relays": ["enterprise"]},
        "measure word_out",
        -0.1,
    ),
    System(
        "the outside reconsiders",
        ("signals", "command"),
        "couriers",
        "a council that can meet",
        {"councils.council.response": "1000 d", "councils.council.quorum": 11},
        "measure habitable",
        -0.02,
    ),
    System(
        "the march along the vein",
        ("march",),
        "trek",
        "the ore",
        {"maps.surface.regions.vein.interference": 0, "places.caves.interference": 0, "places.gap.interference": 0},
        "event safe_in_caves",
        -0.1,
    ),
    System(
        "transporters, locks, tags",
        ("transporter",),
        "airlift",
        "the tags",
        {"swarms.probes.tag_chance": 0},
        "taken",
        -10.0,
        STOOD,
    ),
    System(
        "robotic probes", ("drones",), "hunt", "all but five of them", {"swarms.probes.count": 5}, "taken", -10.0, STOOD
    ),
    System(
        "two ships against one",
        ("ships",),
        "skirmish",
        "the shields",
        {"vessels.enterprise.raised": False},
        "measure enterprise_lost",
        +0.05,
        FOUGHT,
    ),
    System(
        "escalation: killing them",
        ("command", "radiation"),
        "last_word",
        "the means to kill from orbit",
        {"rules.burning.when": NEVER},
        "measure dead",
        -100.0,
        {"ruafo.escalate": "eliminate"},
    ),
    System(
        "capture, custody, a clock to the end",
        ("transporter", "command"),
        "escort",
        "the time before an execution",
        {"rules.executed.after.gamma.mean": "5 min"},
        "event executed",
        +0.03,
    ),
    System(
        "kinship found out",
        ("knowledge", "bonds"),
        "quarrel",
        "tissue, memory and faces",
        {"rules.kin_found.rate": "0/h", "rules.exile_told.rate": "0/h", "rules.looked_in_the_face.rate": "0/h"},
        "event gallatin.turn.help",
        -0.05,
    ),
    System(
        "a partner who backs out, and is killed",
        ("command",),
        "cartel",
        "his doubt",
        {
            "decisions.dougherty.doubt.options.back_out.open": SHUT,
            "decisions.dougherty.comply.options.comply.open": SHUT,
        },
        "event chief_reports",
        -0.05,
    ),
    System(
        "an officer who turns",
        ("command",),
        "escort",
        "his own blood",
        {"people.gallatin.values.kin": 0},
        "event gallatin.turn.help",
        -0.05,
    ),
    System(
        "the ruse with the copied bridge",
        ("transporter", "knowledge"),
        "quiet",
        "the copy: the controls are sabotaged instead",
        {"decisions.picard.ruse.options.ruse.open": SHUT, "decisions.picard.ruse.options.flee.open": SHUT},
        "ending told_ending",
        -0.03,
    ),
    System(
        "the harvester: by itself, held, by hand, blown up",
        ("devices",),
        "countdown",
        "the need to be there",
        {"devices.harvester.presence": False},
        "event by_hand",
        -0.03,
    ),
    System(
        "rescue",
        ("transporter", "command"),
        "rescue",
        "anybody who fetches him",
        {"decisions.riker.rescue.options.beam.open": SHUT, "decisions.gallatin.fetch.options.fetch.open": SHUT},
        "measure picard_alive",
        -0.02,
    ),
    System(
        "forgiveness, reunion, return",
        ("bonds", "command"),
        "quarrel",
        "anybody who asks for it",
        {"decisions.gallatin.after.options.ask.open": SHUT},
        "measure exiles_home",
        -1.0,
    ),
    System(
        "schism, coup, exile",
        ("command",),
        "strike",
        "the odds: 2,000 young in place of 480",
        {"crowds.young.count": 2000},
        "ending took_over",
        +0.1,
        of="exile",
    ),
    System(
        "six hundred against millions",
        ("command",),
        "last_word",
        "nine in ten of the people, and all that is said of them",
        {"crowds.residents.count": 57, "gauges.people_there.start": 60},
        "event insurrection",
        -0.03,
    ),
    System(
        "machines known and not used",
        ("transporter", "command"),
        "airlift",
        "the choice to take them up",
        {"decisions.elder.machines.options.take_up.open": SHUT},
        "event picard_taken",
        +0.03,
        {"picard.stand": "resist", "elder.flee": "flee"},
    ),
]
