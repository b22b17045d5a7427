"""The alignment of accounts: against every possibility tried, against pm4py's, and its slack against rtamt's robustness."""

from __future__ import annotations

import importlib.util
import itertools
import math
import random

import pytest

from briarpatch.analysis.alignment import REQUIRED, Alignment, Problem, align, obstacles


def random_problem(luck: random.Random, windows: bool = True) -> Problem:
    """Return a small problem whose links are possible: they hold of some times drawn first."""
    beats = luck.randint(1, 5)
    count = luck.randint(1, 8)
    times = sorted(float(luck.randint(0, 20)) for _ in range(count))
    entries = [sorted(luck.sample(range(count), luck.randint(0, min(3, count)))) for _ in range(beats)]
    true = [luck.uniform(0, 20) for _ in range(beats)]
    links = []
    for a, b in itertools.permutations(range(beats), 2):
        if true[a] < true[b] and luck.random() < 0.5:
            gap = true[b] - true[a]
            least = luck.choice([0.0, 0.0, math.floor(gap)])
            most = luck.choice([math.inf, math.inf, math.ceil(gap)]) if windows else math.inf
            links.append((a, b, least if windows else 0.0, most, luck.random() < 0.7))
    before = [(luck.randrange(beats), luck.randrange(count)) for _ in range(luck.randint(0, 1))]
    after = [(luck.randrange(beats), luck.randrange(count)) for _ in range(luck.randint(0, 1))]
    return Problem(times, entries, [luck.random() < 0.2 for _ in range(beats)], links, before, after)


def closure(problem: Problem) -> tuple[list[list[float]], list[list[bool]]]:
    """Return the smallest gap and the order of every two beats, through all others (Floyd and Warshall)."""
    beats = range(len(problem.entries))
    gap = [[0.0 if a == b else -math.inf for b in beats] for a in beats]
    order = [[False] * len(beats) for _ in beats]
    for a, b, least, most, ordered in problem.links:
        gap[a][b] = max(gap[a][b], least)
        gap[b][a] = max(gap[b][a], -most)
        order[a][b] |= ordered
    for m, a, b in itertools.product(beats, repeat=3):
        gap[a][b] = max(gap[a][b], gap[a][m] + gap[m][b])
        order[a][b] |= order[a][m] and order[m][b]
    return gap, order


def outcome(problem: Problem, chosen: tuple[int, ...], gap: list, order: list) -> tuple[int, float] | None:
    """Return cost and slack of a choice of entries (-1 for none), or None where it breaks a link."""
    times = problem.times
    for a, b in itertools.permutations(range(len(chosen)), 2):
        if chosen[a] >= 0 and chosen[b] >= 0:
            if times[chosen[b]] - times[chosen[a]] < gap[a][b] or (order[a][b] and chosen[b] <= chosen[a]):
                return None
    cost = sum((1 if problem.optional[b] else REQUIRED) for b, entry in enumerate(chosen) if entry < 0)
    slack = math.inf
    for a, b, least, most, _ in problem.links:
        if chosen[a] >= 0 and chosen[b] >= 0:
            between = times[chosen[b]] - times[chosen[a]]
            slack = min(slack, between - least, most - between)
    for beat, entry in problem.before:
        if 0 <= chosen[beat] < entry:
            slack = min(slack, times[entry] - times[chosen[beat]])
        else:
            cost += REQUIRED
    for beat, entry in problem.after:
        if chosen[beat] > entry:
            slack = min(slack, times[chosen[beat]] - times[entry])
        elif chosen[beat] >= 0:
            cost += REQUIRED
    return cost, slack


def cost_of(problem: Problem, found: Alignment) -> int:
    """Return what an alignment leaves out, weighed."""
    left_out = sum((1 if problem.optional[b] else REQUIRED) for b, entry in enumerate(found.entries) if entry < 0)
    return left_out + REQUIRED * (found.before.count(False) + found.after.count(False))


@pytest.mark.parametrize("seed", range(400))
def test_alignment_is_the_best_of_all(seed):
    problem = random_problem(random.Random(seed))
    gap, order = closure(problem)
    best, slack = math.inf, {}
    for chosen in itertools.product(*[[-1, *entries] for entries in problem.entries]):
        found = outcome(problem, chosen, gap, order)
        if found is not None:
            best = min(best, found[0])
            kept = tuple(entry >= 0 for entry in chosen)
            slack.setdefault((found[0], kept), []).append(found[1])
    found = align(problem)
    assert cost_of(problem, found) == best
    assert outcome(problem, tuple(found.entries), gap, order) is not None
    if not problem.before and not problem.after:
        kept = tuple(entry >= 0 for entry in found.entries)
        assert found.slack == max(slack[(best, kept)])


def test_of_equal_alignments_the_earliest_with_the_largest_slack_is_taken():
    problem = Problem([0.0, 1.0, 5.0, 9.0], [[0], [1, 2, 3]], [False, False], [(0, 1, 0.0, math.inf, True)])
    assert align(problem) == Alignment([0, 3], [], [], 9.0)
    free = Problem([0.0, 1.0, 5.0, 9.0], [[0], [1, 2, 3]], [False, False], [])
    assert align(free) == Alignment([0, 1], [], [], math.inf)


def test_a_beat_left_out_passes_its_order_on():
    chain = [(0, 1, 0.0, math.inf, True), (1, 2, 0.0, math.inf, True)]
    found = align(Problem([0.0, 1.0], [[1], [], [0]], [False] * 3, chain))
    assert sorted(found.entries) == [-1, -1, 0] or sorted(found.entries) == [-1, -1, 1]


def test_obstacles_are_the_beats_in_the_way():
    problem = Problem([0.0, 1.0, 2.0], [[2], [0], [1]], [False] * 3, [(0, 1, 0.0, math.inf, True)])
    found = align(problem)
    out = found.entries.index(-1)
    assert out in (0, 1)
    assert obstacles(problem, found, out) == [1 - out]


def test_many_beats_swapped_at_random_are_aligned_at_once():
    luck = random.Random(5)
    places = list(range(60))
    for _ in range(6):
        a = luck.randrange(59)
        places[a], places[a + 1] = places[a + 1], places[a]
    links = [(b, b + 1, 0.0, math.inf, True) for b in range(59)]
    found = align(Problem([float(t) for t in range(60)], [[p] for p in places], [False] * 60, links))
    kept = [entry for entry in found.entries if entry >= 0]
    assert kept == sorted(kept)
    assert len(kept) == longest_increasing(places)


def longest_increasing(values: list[int]) -> int:
    """Return the length of the longest increasing subsequence."""
    best: list[int] = []
    for value in values:
        best.append(1 + max((b for b, v in zip(best, values, strict=False) if v < value), default=0))
    return max(best)


# ------------------------------------------------------------------------------------------------ peers


def pm4py_cost(problem: Problem) -> int:
    """Return the cost of pm4py's optimal alignment of the entries with a net in which the links are places."""
    from pm4py.algo.conformance.alignments.petri_net.variants import state_equation_a_star as search
    from pm4py.objects.log.obj import Event, Trace
    from pm4py.objects.petri_net.obj import Marking, PetriNet
    from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

    net, start, end = PetriNet("account"), Marking(), Marking()
    transitions = []
    for beat in range(len(problem.entries)):
        transition = PetriNet.Transition(f"t{beat}", f"beat {beat}")
        net.transitions.add(transition)
        transitions.append(transition)
        source, sink = PetriNet.Place(f"from {beat}"), PetriNet.Place(f"to {beat}")
        net.places.update((source, sink))
        add_arc_from_to(source, transition, net)
        add_arc_from_to(transition, sink, net)
        start[source], end[sink] = 1, 1
    for a, b, *_ in problem.links:
        place = PetriNet.Place(f"{a} before {b}")
        net.places.add(place)
        add_arc_from_to(transitions[a], place, net)
        add_arc_from_to(place, transitions[b], net)
    is_beat = {entry: beat for beat, entries in enumerate(problem.entries) for entry in entries}
    trace = Trace([Event({"concept:name": f"beat {is_beat.get(n, 'none')}"}) for n in range(len(problem.times))])
    keys = search.Parameters
    found = search.apply(
        trace,
        net,
        start,
        end,
        {
            keys.PARAM_MODEL_COST_FUNCTION: {t: 0 if problem.optional[b] else 1 for b, t in enumerate(transitions)},
            keys.PARAM_SYNC_COST_FUNCTION: dict.fromkeys(transitions, 0),
            keys.PARAM_TRACE_COST_FUNCTION: [0] * len(trace),
        },
    )
    return int(found["cost"])


@pytest.mark.skipif(importlib.util.find_spec("pm4py") is None, reason="pm4py is not installed")
@pytest.mark.filterwarnings("ignore")
def test_cost_is_that_of_pm4py():
    luck = random.Random(11)
    for _ in range(60):
        beats, count = luck.randint(1, 5), luck.randint(1, 8)
        entries: list[list[int]] = [[] for _ in range(beats)]
        for n in range(count):  # an entry is one activity in a log, so it is one beat at most
            if luck.random() < 0.8:
                entries[luck.randrange(beats)].append(n)
        rank = luck.sample(range(beats), beats)
        pairs = [(a, b) for a, b in itertools.permutations(range(beats), 2) if rank[a] < rank[b]]
        links = [(a, b, 0.0, math.inf, True) for a, b in pairs if luck.random() < 0.5]
        optional = [luck.random() < 0.2 for _ in range(beats)]
        problem = Problem([float(n) for n in range(count)], entries, optional, links)
        assert cost_of(problem, align(problem)) // REQUIRED == pm4py_cost(problem)


@pytest.mark.skipif(importlib.util.find_spec("rtamt") is None, reason="rtamt is not installed")
@pytest.mark.filterwarnings("ignore")
def test_slack_is_the_robustness_of_rtamt():
    import rtamt

    luck, compared = random.Random(17), 0
    while compared < 40:
        beats = luck.randint(2, 4)
        times = sorted(luck.sample(range(1, 100), beats * 2))
        entries = [sorted(luck.sample(range(len(times)), 2)) for _ in range(beats)]
        links = []
        for a, b in itertools.combinations(range(beats), 2):
            if luck.random() < 0.7:
                links.append((a, b, float(luck.choice([0, 3])), luck.choice([math.inf, 60.0]), True))
        found = align(Problem([float(t) for t in times], entries, [False] * beats, links))
        if min(found.entries) < 0 or not links:
            continue
        compared += 1
        spec = rtamt.StlDiscreteTimeSpecification()
        spec.declare_var("out", "float")
        for n in range(len(times)):
            spec.declare_var(f"t{n}", "float")
        choices = []
        for chosen in itertools.product(*entries):
            parts = []
            for a, b, least, most, _ in links:
                parts.append(f"((t{chosen[b]} - t{chosen[a]}) >= {least})")
                if most < math.inf:
                    parts.append(f"((t{chosen[b]} - t{chosen[a]}) <= {most})")
            choices.append("(" + " and ".join(parts) + ")")
        spec.spec = "out = " + " or ".join(choices)
        spec.parse()
        signals = {f"t{n}": [float(time)] * 2 for n, time in enumerate(times)}
        robustness = spec.evaluate({"time": [0, 1], **signals})
        assert found.slack == pytest.approx(robustness[0][1], abs=1e-9)
