"""What the tables of a decision say: the sentences, and the page for a terminal.

Every sentence is made from numbers that stand in the tables; none says more than their intervals allow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from ..columns import columns, cut, left, wrap
from ..telling import plain
from .measures import mcnemar

DRAWS = 2000
"""Draws behind a chance of being best."""

if TYPE_CHECKING:
    from .decide import Criterion, Decision, Learning
    from .measures import Interval

SURE = 0.975
"""Chance of being best from which an option is said to be best: of two that are alike, one is called best in at most 5 of
100 studies."""
LABEL = 20
"""Columns that a name may have at least before there are fewer options beside one another."""
FEW = 30
"""Worlds in which two options differ, below which their number is told."""
RULED_OUT = 0.01
"""Chance of being best up to which an option is said not to be."""


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many digits that count, without a tail of zeros or an exponent where it can be read."""
    if not math.isfinite(value):
        return "no number" if math.isnan(value) else "infinity" if value > 0.0 else "minus infinity"
    if value == 0.0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if not -4 <= size <= 8:
        return f"{value:.{digits - 1}e}"
    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """Return a share in percent: whole, with a decimal near its ends, and never 0 or 100 unless it is."""
    if math.isnan(share):
        return "-"
    value = 100.0 * share
    if share not in (0.0, 1.0) and (value < 0.05 or value > 99.95):
        return "under 0.1 %" if value < 50.0 else "over 99.9 %"
    return f"{value:.1f} %" if share not in (0.0, 1.0) and not 1.0 <= value <= 99.0 else f"{value:.0f} %"


def _names(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


# --------------------------------------------------------------------------------------------------- sentences


def sentences(found: Decision) -> list[str]:
    """Return what the tables of a decision say."""
    said = [_asked(found)]
    if not found.asked:
        return said
    said += _not_possible(found)
    said += [f"'{one}' and '{other}' led to the same in every world." for one, other in found.alike]
    said += _forbidden(found)
    if found.best:
        said += [_best(found), *_endings(found), *_regret(found), *_pareto(found), *_ties(found)]
    if found.left_out:
        said.append(f"Left out, because not finite in some world: {', '.join(found.left_out)}.")
    return said + [_learnt(found, one) for one in found.learning]


def _asked(found: Decision) -> str:
    whole, one = len(found.outcomes.seeds), len(found.decisions) == 1
    question = "The question" if one else "None of the questions"
    if not found.asked:
        came = f"{question} {'never' if one else 'ever'} came up in {whole:,} worlds, so nothing can be said of its answers"
        return came + "; look at what must happen before it, with `briarpatch run` on a few seeds."
    text = (
        f"{'The question' if one else 'At least one of the questions'} came up in {found.asked:,} of {whole:,} worlds"
    )
    if found.asked < whole:
        text += "; in the others nothing depends on it, and they are left out below"
    if found.outcomes.broken:
        text += f". {found.outcomes.broken:,} more broke a guard and are left out too"
    return text + "."


def _not_possible(found: Decision) -> list[str]:
    said = []
    for row in found.options:
        share = found.possible[row]
        if share == 0.0:
            said.append(f"'{found.names[row]}' could not be taken in any world: it was never open. It is not compared.")
        elif share < 1.0:
            said.append(
                f"'{found.names[row]}' could be taken in {percent(share)} of the worlds; in the others it was not open, "
                "and the decider did as the doctrine leans."
            )
    return said


def _forbidden(found: Decision) -> list[str]:
    if not found.never:
        return []
    words = " or ".join(f"'{text}'" for text in found.never)
    never = [found.names[r] for r in found.options if found._forbidden[r].sum() == 0]
    out = [found.names[r] for r in found.options if not found.allowed[r]]
    said = []
    if not never and not found.tolerate:
        least = min(found.forbidden[row].estimate for row in found.options)
        said.append(
            f"No option keeps {words} from ever happening; those that let it happen least often ({percent(least)}) are compared."
        )
    if never:
        high = max(found.forbidden[found.names.index(name)].high for name in never)
        said.append(
            f"With {_names(never)} {words} never happened (at most {percent(high)} of worlds can be excluded so)."
        )
    if out:
        shares = ", ".join(percent(found.forbidden[found.names.index(name)].estimate) for name in out)
        said.append(f"{_names(out)} {'is' if len(out) == 1 else 'are'} ruled out: it happened in {shares} of worlds.")
    return said


def _goal(found: Decision) -> str:
    parts = []
    for name, weight in found.weights.items():
        criterion = found._criterion(name)
        words = f"'{plain(criterion.told or criterion.name)}'"
        if len(found.weights) == 1 and abs(weight) == 1.0:
            ranked = {"more": " (more is better)", "less": " (less is better)"}.get(criterion.better, "")
            return f"Judged by {words if criterion.kind == 'measure' else criterion.name}{ranked}"
        parts.append(f"{number(weight if criterion.better != 'less' else -weight)} x {criterion.name}")
    return f"Judged by {' + '.join(parts)}"


def _value(found: Decision, row: int) -> str:
    """Return what one policy brings: the measure itself when one alone is weighed, else the utility."""
    if len(found.weights) != 1:
        return number(float(found.utility[row].mean()))
    criterion = found._criterion(next(iter(found.weights)))
    average = criterion.interval(row, found.confidence)
    if math.isnan(average.low):
        return f"{_size(criterion, average.estimate)} in all"
    return f"{_size(criterion, average.estimate)} [{_size(criterion, average.low)}, {_size(criterion, average.high)}]"


def _size(criterion: Criterion, value: float) -> str:
    return percent(value) if criterion.is_share else f"{number(value)} {criterion.unit}".strip()


def _best(found: Decision) -> str:
    best = found.best
    chances = found.chance_best("utility", 1.0)
    rows = sorted(found.eligible, key=lambda row: (-chances[row], row))
    if len(rows) == 1:
        return f"{_goal(found)}, '{found.names[best]}' brings {_value(found, best)}; no other option can be compared with it."
    equal = [row for row in found.eligible if np.array_equal(found.utility[row], found.utility[best])]
    others = [row for row in found.eligible if row not in equal]
    if len(equal) > 1:
        names = _names([found.names[row] for row in equal])
        text = f"{_goal(found)}, {names} gave the same in every world: {_value(found, best)}"
        if not others:
            return f"{text}. These worlds do not tell them apart."
        second = max(others, key=lambda row: float(found.utility[row].mean()))
        text += f", against {_value(found, second)} for '{found.names[second]}'. "
        chance = _chance_of_group(found, equal)
        if chance >= SURE:
            return text + f"The chance that the best option is one of them is {_chance(chance)}."
        return text + f"Whether the best is one of them cannot be told from these worlds (chance {_chance(chance)})."
    second = max(others, key=lambda row: float(found.utility[row].mean()))
    ahead = float(found.utility[best].mean()) > float(found.utility[second].mean())
    text = f"{_goal(found)}, '{found.names[best]}' does best in these worlds: {_value(found, best)}, against {_value(found, second)}"
    if not ahead:
        text = f"{_goal(found)}, '{found.names[best]}' does as well as '{found.names[second]}' on average: {_value(found, best)}"
    else:
        text += f" for '{found.names[second]}'"
    text += ". "
    differ = int(np.count_nonzero(found.utility[best] != found.utility[second]))
    few = f" They differ in {differ:,} of {found.asked:,} worlds." if differ < FEW else ""
    if chances[best] >= SURE:
        return text + f"The chance that it is the best of them is {_chance(chances[best])}.{few}"
    rivals = [row for row in rows if row != best and chances[row] > RULED_OUT]
    shares = ", ".join(f"'{found.names[row]}' {_chance(chances[row])}" for row in [best, *rivals])
    text += f"Which is best cannot be told from these worlds ({shares})"
    wanted = _enough(found, best, second)
    return text + (f"; about {wanted:,} worlds would settle it." if wanted else ".") + few


def _chance(share: float) -> str:
    """Return a chance that was counted over draws, which cannot show that something is certain."""
    return percent(min(max(share, 0.5 / DRAWS), 1.0 - 0.5 / DRAWS))


def _chance_of_group(found: Decision, rows: Sequence[int]) -> float:
    """Return the chance that the best option is one of `rows`."""
    return float(found.chance_best("utility", 1.0)[list(rows)].sum())


def _enough(found: Decision, best: int, second: int) -> int:
    """Return about how many worlds would tell two options apart, to two digits; 0 when more than ten million."""
    gap = found.utility[best] - found.utility[second]
    mean, spread = float(gap.mean()), float(gap.std(ddof=1)) if len(gap) > 1 else math.inf
    if mean <= 0.0 or not math.isfinite(spread):
        return 0
    z = NormalDist().inv_cdf(SURE) + NormalDist().inv_cdf(0.8)
    wanted = (z * spread / mean) ** 2 * len(found.outcomes.seeds) / found.asked
    if wanted > 1e7:
        return 0
    scale = 10 ** max(0, math.floor(math.log10(max(wanted, 1.0))) - 1)
    return max(int(math.ceil(wanted / scale) * scale), len(found.outcomes.seeds) + scale)


def _endings(found: Decision) -> list[str]:
    """Say which endings an option makes likelier or rarer than its runner-up, where McNemar's test is sure of it."""
    if len(found.eligible) < 2:
        return []
    best = found.best
    second = max((row for row in found.eligible if row != best), key=lambda row: float(found.utility[row].mean()))
    moved = []
    for criterion in found.criteria:
        one, other = criterion.values[best], criterion.values[second]
        if criterion.kind == "ending" and mcnemar(one, other) < 0.01:
            moved.append((float(one.mean()), float(other.mean()), criterion.name))
    moved.sort(key=lambda entry: -abs(entry[0] - entry[1]))
    if not moved:
        return []
    words = "; ".join(f"{name} {percent(one)} against {percent(other)}" for one, other, name in moved[:3])
    return [f"'{found.names[best]}' and '{found.names[second]}' end differently: {words}."]


def _regret(found: Decision) -> list[str]:
    if len(found.eligible) < 2:
        return []
    means = {row: float(regret.mean()) for row, regret in found.regrets.items()}
    worst = {row: float(regret.max()) for row, regret in found.regrets.items()}
    if not any(worst.values()):
        return ["In each of these worlds all options do equally well."]
    said = []
    best = found.best
    if worst[best] == 0.0:
        return [f"In none of these worlds does another option do better than '{found.names[best]}'."]
    said.append(
        f"Whoever knew the luck beforehand would gain {number(means[best])} on average over always '{found.names[best]}'"
        f" ({percent(float((found.regrets[best] > 0.0).mean()))} of worlds have a better answer)."
    )
    least = min(worst, key=lambda row: (worst[row], -float(found.utility[row].mean())))
    if worst[least] < worst[best]:
        said.append(
            f"'{found.names[least]}' has the smallest greatest regret: {number(worst[least])}, "
            f"where '{found.names[best]}' can be regretted by {number(worst[best])}."
        )
    tails = {row: found.tails[row] for row in found.eligible}
    safest = max(tails, key=lambda row: tails[row])
    if tails[safest] > tails[best] + 1e-12 * max(1.0, abs(tails[best])):
        said.append(
            f"In the worst {percent(found.tail)} of its worlds '{found.names[safest]}' still brings {number(tails[safest])} on "
            f"average, '{found.names[best]}' {number(tails[best])}."
        )
    return said


def _pareto(found: Decision) -> list[str]:
    kept, chances = found.pareto
    directed = [c for c in found.criteria if c.sign]
    if len(directed) < 2 or len(found.options) < 2:
        return []
    beaten = [found.names[row] for row in found.options if not kept[row]]
    open_ = [found.names[row] for row in found.options if kept[row]]
    if not beaten:
        return [f"None of the options is beaten in all of the {len(directed)} measures at once."]
    unsure = [found.names[row] for row in found.options if not kept[row] and chances[row] > 0.05]
    text = f"{_names(beaten)} {'is' if len(beaten) == 1 else 'are'} worse than another option in some measure and better in none"
    if unsure:
        text += f" (though the worlds leave a chance for {_names(unsure)})"
    return [text + f"; {_names(open_)} {'stands' if len(open_) == 1 else 'stand'}."]


def _ties(found: Decision) -> list[str]:
    """Say at which weight of a further measure the best option would lose its place to the runner-up."""
    said = []
    rivals = sorted(
        (row for row in found.eligible if row != found.best), key=lambda row: -float(found.utility[row].mean())
    )
    for row in rivals[:1]:
        if np.array_equal(found.utility[row], found.utility[found.best]):
            continue
        ties = [tie for tie in found.break_even if tie.second == found.names[row] and math.isfinite(tie.low)]
        for tie in sorted(ties, key=lambda tie: abs(math.log((tie.tie or 1e-300) / (tie.weight or 1.0))))[:2]:
            criterion = found._criterion(tie.criterion)
            way = "until" if tie.tie > tie.weight else "as long as"
            verb = "counts" if tie.tie > tie.weight else "does not count less than"
            words = plain(criterion.told or criterion.name)
            amount = f"{number(tie.tie)} [{number(tie.low)}, {number(tie.high)}]"
            said.append(
                f"'{tie.first}' stays ahead of '{tie.second}' {way} '{words}' {verb} {amount} a unit (here {number(tie.weight)})."
            )
    return said


def _learnt(found: Decision, one: Learning) -> str:
    if math.isnan(one.value):
        return f"Of learning first whether {plain(one.told)}: it holds in {percent(one.odds)} of the worlds, too few or too many to say."
    head = f"Learning first whether {plain(one.told)}"
    if one.best_if_so == one.best_if_not:
        return f"{head} would change nothing: '{one.best_if_so}' is best either way."
    text = (
        f"{head} would be worth {number(one.value)}: '{one.best_if_so}' if so, '{one.best_if_not}' if not; "
        f"from a report that may be wrong, {number(one.sampled)}."
    )
    if one.held_out.low <= 0.0:
        text += " Tried on worlds it was not learnt from, the gain cannot be told from nothing."
    return text


# ------------------------------------------------------------------------------------------------------ the page


def text(found: Decision, width: int = 80) -> str:
    """Return the tables of a decision and what they say."""
    lines: list[str] = []
    for info in found.decisions:
        lines += [
            info.name,
            *wrap(plain(info.question), width - 2, first="  ", rest="  "),
        ]
    for name, option in found.fixed.items():
        lines.append(f"with {name}={option}")
    lines.append("")
    names = list(found.names)
    if any(len(name) > 12 for name in names):
        letters = [found.names[0], *(f"policy {row}" for row in found.options)]
        lines += [f"  {letter}: {name}" for letter, name in zip(letters[1:], names[1:], strict=True)] + [""]
        names = letters
    if found.asked:
        lines += _blocks(found, names, width)
    for sentence in sentences(found):
        lines += wrap(sentence, width, rest="  ")
    return "\n".join(lines)


def _blocks(found: Decision, names: Sequence[str], width: int) -> list[str]:
    order = [*found.options, 0]
    endings = [c for c in found.criteria if c.kind == "ending"]
    measures = [c for c in found.criteria if c.kind == "measure"]
    heads = [names[row] if row else f"({names[0]})" for row in order]
    cells = {(c.kind, c.name, row): _cell(c, row, found) for c in found.criteria for row in order}
    size = max(11, *(len(head) for head in heads), *(len(cell) for cell in cells.values()))
    labels = {(c.kind, c.name): _label(c) for c in found.criteria}
    longest = max(columns(name) for name in (*labels.values(), "chance of best")) + 2
    count = max(1, min(len(order), (width - min(longest, LABEL)) // (size + 2)))
    label = max(min(LABEL, longest), min(longest, width - count * (size + 2)))
    lines: list[str] = []
    level = f"{100.0 * found.confidence:g} %"
    for start in range(0, len(order), count):
        rows = order[start : start + count]
        head = " " * label + "".join(f"  {heads[start + i]:>{size}}" for i in range(len(rows)))
        lines += [head, f"endings, % of worlds [{level} interval]"]
        lines += [
            _line(labels[c.kind, c.name], [cells[c.kind, c.name, row] for row in rows], label, size) for c in endings
        ]
        if measures:
            lines.append(f"measures, mean [{level} interval]; + or - says which is better")
        for c in measures:
            lines.append(_line(labels[c.kind, c.name], [cells[c.kind, c.name, row] for row in rows], label, size))
        lines += _by_utility(found, rows, label, size)
        lines.append("")
    return lines


def _label(criterion: Criterion) -> str:
    """Return the name of a criterion, with its unit and which way is better."""
    if criterion.kind == "ending":
        return criterion.name
    unit = " [%]" if criterion.is_share else f" [{criterion.unit}]" if criterion.unit else ""
    return criterion.name + unit + {"more": " +", "less": " -"}.get(criterion.better, "")


def _line(name: str, cells: Sequence[str], label: int, size: int) -> str:
    return (f"  {left(cut(name, label - 2), label - 2)}" + "".join(f"  {cell:>{size}}" for cell in cells)).rstrip()


def _cell(criterion: Criterion, row: int, found: Decision) -> str:
    average: Interval = criterion.interval(row, found.confidence)
    if criterion.is_share:
        digits = 0 if average.half_width >= 0.025 else 1
        return f"{100.0 * average.estimate:.{digits}f}" + _brackets(
            [f"{100.0 * end:.{digits}f}" for end in average[1:]], average
        )
    if not math.isfinite(average.high - average.low):
        return number(average.estimate, 4) + (" in all" if math.isnan(average.low) else "")
    half = average.half_width
    digits = min(6, max(0, 1 - math.floor(math.log10(half)))) if half > 0.0 else 3
    if max(abs(end) for end in average) >= 1e7 or half < 1e-4:
        return number(average.estimate) + _brackets([number(end) for end in average[1:]], average)
    return f"{average.estimate:,.{digits}f}" + _brackets([f"{end:,.{digits}f}" for end in average[1:]], average)


def _brackets(ends: Sequence[str], average: Interval) -> str:
    return "" if math.isnan(average.low) else f" [{', '.join(ends)}]"


def _by_utility(found: Decision, rows: Sequence[int], label: int, size: int) -> list[str]:
    if not found.best:
        return []
    _, chances = found.pareto
    best = found.chance_best("utility", 1.0)
    signed = {name: w * (found._criterion(name).sign or 1.0) for name, w in found.weights.items()}
    lines = ["by the weights: " + " + ".join(f"{number(w)} x {name}" for name, w in signed.items())]

    def row_of(name: str, cells: Sequence[str]) -> None:
        lines.append(_line(name, cells, label, size))

    row_of("utility", [number(float(found.utility[row].mean()), 4) for row in rows])
    shown = _chance if len(found.eligible) > 1 else percent
    row_of("chance of best", [shown(float(best[row])) if row in found.eligible else "" for row in rows])
    row_of("mean regret", [number(float(found.regrets[r].mean())) if r in found.regrets else "" for r in rows])
    row_of("most regret", [number(float(found.regrets[r].max())) if r in found.regrets else "" for r in rows])
    row_of(f"worst {percent(found.tail)}", [number(found.tails[row], 4) for row in rows])
    row_of("unbeaten", [_chance(chances[row]) if row else "" for row in rows])
    if found.never:
        row_of("never, broken", [percent(found.forbidden[row].estimate) for row in rows])
    return lines
