"""From entries to words: one sentence an entry, and a telling that reads like a duty log.

A telling goes forward in time and stops at the ending. Each line begins with its hour. What several did together, or
one did many times, becomes one sentence, which stands at the time of the last of it and says over how long it
happened. Nothing is told before what caused it. Entries of weight 0 are left to the log.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from . import assembly
from .columns import fill
from .world import kinds, refs, states

if TYPE_CHECKING:
    from .chronicle import Chronicle

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
TOGETHER = 0.5 * HOUR
"""Named people who do the same within this time, while nothing else is told, share a sentence."""
TOGETHER_CROWD = 6.0 * HOUR
"""So do members of a crowd within this time, whatever else is told."""
AFTER = 0.5 * HOUR
"""What members of a crowd do goes on sharing a sentence for this time after its first consequence, if that is shared too."""
PARTS = 8.0
"""In a long story, members of a crowd share a sentence within this part of it."""
SPAN = 600.0
"""A sentence says over how long it happened when that was longer than this."""
PAUSE = 2.0 * HOUR
"""An empty line stands for a time in which nothing is told that is longer than this."""
SHOWN = 8
"""The most names in a list; the others are counted."""
ANCESTORS = 6

COUNTED = {kinds.TAGGED, kinds.LOCK_FAILED, kinds.DRONE_LOST, kinds.HULL_HIT, kinds.TURNED_AWAY}
"""Small things that a telling puts together over an hour or more, though each weighs nothing."""

ECHOES = {
    kinds.SENT,
    kinds.DEPARTED,
    kinds.PERSUADED,
    kinds.OBEYED,
    kinds.VOICED,
    kinds.DELAYED,
    kinds.REFUSED,
    kinds.OPPOSED,
    kinds.DEVICE_STARTED,
    kinds.ARMING,
    kinds.LAUNCHED,
    kinds.RECALLED,
    assembly.entry_kind("repaired"),
    kinds.RESIGNED,
    kinds.RELEASED,
    kinds.MET,
    kinds.FORGAVE,
    kinds.CONVENED,
}
"""Kinds that a telling leaves out when a rule or a choice that is told in its author's words has just done it."""
SPEECH = (kinds.RULE, kinds.CHOSE)
"""Kinds told in their author's words."""
HERALDS = {kinds.DELIVERED, kinds.LINKED}
"""Kinds that a telling leaves out when what they bring about is told at the same moment."""
BRIEF = 120.0
"""A transporter that sets somebody down within this time of a sentence that says so adds nothing to it."""

VERB_NAMES = tuple(assembly.VERBS)
"""The name of each verb by its number."""
ALONE = {k.number for k in assembly.ENTRIES if k.template in ("{subject}", "{object}") or " and {object}" in k.template}
ALONE |= {k.number for k in assembly.ENTRIES if "{heads}" in k.template}
ALONE |= {kinds.LAPSED, kinds.HULL_HIT}
"""Kinds whose sentences cannot be put together: those in their author's words, and those about a pair."""
HEADS = {kinds.MARCHED, kinds.CAME_THROUGH, kinds.ARRIVED, kinds.FELL_BEHIND}
"""Kinds whose amount, when the subject is a crowd, is the number of people who did it, whoever leads them among them."""
NOTHING = {kinds.WAS_DEAD, kinds.WAS_LOST, kinds.WAS_AWAY, kinds.WAS_STILL, kinds.WAS_HELD, kinds.LAPSED}
"""Kinds that say what did not come about."""
SAID = (refs.FACT, refs.ORDER)
"""What is said in words of its own, so that several stand side by side: "the sea rises; the cape is lost"."""
WHOLE = {kinds.LAPSED, kinds.ENDED}
"""Kinds that end with a whole sentence of its author's, after a colon: it keeps the letter it begins with."""
KILLERS = (refs.PERSON, refs.VESSEL, refs.DEVICE, refs.SWARM)

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_FIELD = re.compile(r"\{(\w+)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")

_NUMBERS_TEXT = "none one two three four five six seven eight nine ten eleven twelve"
_ORDINALS_TEXT = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_DETERMINERS_TEXT = """
a an the all both each every no some any this that these those my our his her its their one two three four five six
seven eight nine ten many most several few
le la les l' un une der die das ein eine el los las il lo gli i de het o os as
"""
_OPENERS_TEXT = """
it not everybody everyone nobody somebody there they he she word words in on at as when while after before with
without by for from to under over inside what then so between people nothing something
"""
_NUMBERS, _ORDINALS = _NUMBERS_TEXT.split(), _ORDINALS_TEXT.split()
_DETERMINERS = frozenset(_DETERMINERS_TEXT.split())
_OPENERS = _DETERMINERS | frozenset(_OPENERS_TEXT.split())
"""Words that begin a text and are no name."""
_PRONOUNS = frozenset(("nobody", "somebody", "everybody", "everyone", "nothing", "something"))
_PLURALS = frozenset(("people", "men", "women", "children", "geese", "police", "folk", "mice", "cattle", "sheep"))
_PLURAL_OPENERS = frozenset(("those", "these", "they", "both", "many", "several", "few", "most", "all", "some"))
_PLURAL_OPENERS |= frozenset(_NUMBERS[2:])
_BREAKS_TEXT = "of in on at from with who that which to for under by aboard near behind"
_BREAKS = frozenset(_BREAKS_TEXT.split())
"""Words that end the noun at which they stand: "the chief of the observers"."""


def kind_of(reference: int) -> int:
    """Return the kind of the entity that `reference` names, 0 for nobody, as `refs.kind_of` does in compiled code."""
    return reference // refs.ROWS_PER_KIND if reference >= 0 else 0


def plain(text: str) -> str:
    """Return `text` on one line and without control characters, which a terminal could obey."""
    return " ".join(_CONTROL.sub(" ", text).split())


def number_word(count: int) -> str:
    """Return a number as a sentence says it: in words up to twelve."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else f"{count:,}"


def ordinal(number: int) -> str:
    """Return which one in a row: "fourth", "23rd"."""
    if 0 <= number < len(_ORDINALS):
        return _ORDINALS[number]
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def times_word(count: int) -> str:
    """Return how often: "twice", "three times"."""
    return "twice" if count == 2 else f"{number_word(count)} times"


def lasting(seconds: float) -> str:
    """Return how long, in one unit: "28 minutes", "3 days"."""
    for unit, size, most in (("minute", MINUTE, 120.0), ("hour", HOUR, 48.0), ("day", DAY, 800.0)):
        count = round(seconds / size)
        if count < most:
            return unit if count == 1 else f"{number_word(count)} {unit}s"
    return f"{number_word(round(seconds / (365.25 * DAY)))} years"


@lru_cache(maxsize=256)
def of_many(crowd: str) -> str:
    """Return the words for a crowd as they stand after "of": "the villagers"."""
    first = crowd.split(" ", 1)[0].lower()
    latin = crowd[:1].isascii() and crowd[:1].isalpha()
    owned = first.endswith(("'s", "s'", "’s", "s’")) or first.startswith(("l'", "l’"))
    named = first in _DETERMINERS or first in _PRONOUNS
    return crowd if not latin or owned or named else f"the {crowd}"


def small(text: str, is_name: bool = False) -> str:
    """Return `text` as it stands within a sentence: with a small letter, unless a name begins it."""
    first, _, rest = text.partition(" ")
    if first.lower() not in _OPENERS or (is_name and rest[:1].isupper()):
        return text
    return text[:1].lower() + text[1:]


def sentence(kind: int, subject: str, object_: str, place: str, amount: float, aboard: bool = False) -> str:
    """Return the sentence that tells an entry, with a capital and a full stop.

    "" is nobody and nowhere; `aboard` says that the place is the inside of a vessel.
    """
    return finish(_fill(kind, subject, object_, place, amount, aboard))


def _fill(
    kind: int, subject: str, object_: str, place: str, amount: float, aboard: bool, many: bool | None = None
) -> str:
    """Return the sentence of an entry as it stands within another; `many` when whoever it begins with are several."""
    if kind == kinds.GUARD:
        known = 0 <= amount < len(states.GUARD_NAMES)
        said = f"{assembly.ENTRIES[kind].template}: {states.GUARD_NAMES[int(amount)] if known else 'unknown'}"
        return f"{said} ({subject})" if subject else said
    template = assembly.ENTRIES[kind].template
    if aboard:
        template = template.replace(" at {place}", " aboard {place}")
    values = {"subject": subject, "object": object_, "place": place, "amount": f"{amount:g}"}
    if "{heads}" in template:
        values["heads"] = number_word(int(amount)) if math.isfinite(amount) else values["amount"]
    if "{verb}" in template:
        values["verb"] = next((name for number, name in enumerate(VERB_NAMES) if number == amount), "something")
    for name in ("subject", "object"):
        begins = template.startswith(f"{{{name}}}")
        if begins and (several(values[name]) if many is None else many):
            template = template.replace(f"{{{name}}} was ", f"{{{name}}} were ").replace(" its ", " their ")
        if not begins and kind not in WHOLE:
            values[name] = small(values[name], f": {{{name}}}" not in template)

    def optional(match: re.Match[str]) -> str:
        part = match[1]
        return part if all(values[name] for name in _FIELD.findall(part)) else ""

    return _FIELD.sub(lambda match: values[match[1]] or "somebody", _OPTIONAL.sub(optional, template))


def several(words: str) -> bool:
    """Return True when English words for somebody or something are plural: "the elders", "those who stayed"."""
    parts = words.partition(" (")[0].split()
    if not parts:
        return False
    opener = parts[0].lower()
    if opener in _PLURAL_OPENERS or (opener[:1].isdigit() and opener != "1"):
        return True
    head = parts[: next((k for k, part in enumerate(parts) if k and part in _BREAKS), len(parts))][-1]
    if head.lower() in _PLURALS:
        return True
    common = opener in _DETERMINERS or words[:1].islower() or "'s" in words or "s' " in words
    return common and head.endswith("s") and not head.endswith(("ss", "us", "is", "'s")) and opener not in ("a", "an")


def finish(text: str) -> str:
    """Return a text as a sentence: with a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    end = "" if text.rstrip("\"'”’)」』）").endswith((".", "!", "?", "…", "。", "！", "？", "؟", "۔", "।")) else "."
    first = text[0].upper()
    return (first if len(first) == 1 else text[0]) + text[1:] + end


def listed(names: list[str], others: int = 0) -> str:
    """Return names as a list in words: "A, B and 14 others"."""
    if others:
        count = number_word(others)
        names = [*names, f"{count} {'other' if others == 1 else 'others'}" if names else f"{count} people"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a telling, the time [s] at which it stands, and the numbers of the entries that it tells."""

    time: float
    text: str
    entries: tuple[int, ...]


@dataclass
class _Told:
    """One sentence to be: entries of one kind that differ in who, or in whom."""

    kind: int
    place: int
    amount: float
    first: float
    last: float
    subjects: dict[int, None]
    objects: dict[int, None]
    """Both in the order in which they came, each once."""
    entries: list[int]
    nameless: bool
    heads: int = 0
    """People of the crowd that is the subject, when entries say how many each tells of."""
    until: float = math.inf
    """No entry after this time joins."""
    repeats: int = 1
    keys: tuple = field(default=())


def tell(chronicle: Chronicle, width: int = 80, style: str = "prose") -> str:
    """Return the chronicle as text, wrapped to `width`; `style` is "prose" or "log" (one line an entry)."""
    if style == "log":
        return "\n".join(log_line(chronicle, number) for number in range(len(chronicle)))
    lines: list[str] = []
    width = max(40, width)
    day, hour, before, paragraph = "", "", 0.0, ""
    for one in sentences(chronicle):
        today, now = _split(chronicle.clock(one.time))
        if paragraph and (today, now) == (day, hour):
            paragraph += f" {one.text}"
            continue
        if paragraph:
            lines += _line(hour, paragraph, width)
        if today != day:
            lines += ["", finish(today)[:-1], ""] if lines else [finish(today)[:-1], ""]
        elif one.time - before > PAUSE:
            lines.append("")
        day, hour, before, paragraph = today, now, one.time, one.text
    if paragraph:
        lines += _line(hour, paragraph, width)
    return "\n".join(lines)


def _line(hour: str, text: str, width: int) -> list[str]:
    head = f"  {hour}  "
    return [fill(text, width, head, " " * len(head))]


def sentences(chronicle: Chronicle) -> list[Sentence]:
    """Return what a telling tells, in order: times never fall, and what was caused stands after its cause."""
    return _Teller(chronicle).sentences()


def log_line(chronicle: Chronicle, number: int) -> str:
    """Return one entry as a line: number, day and hour, sentence, and the numbers of its causes."""
    entry = chronicle.entry(number)
    causes = f"  <- {', '.join(map(str, entry.causes))}" if entry.causes else ""
    return f"{number:>5}  {entry.clock:<14}  {entry.text}{causes}"


class _Teller:
    """Gathers entries into sentences."""

    def __init__(self, chronicle: Chronicle) -> None:
        self.chronicle = chronicle
        self.crowds = chronicle.crowds
        self.told: list[_Told] = []
        self._latest: _Told | None = None
        self._open: dict[tuple, _Told] = {}
        self._of: dict[int, _Told] = {}
        """The sentence of each entry that is told."""
        times = [time for time in chronicle.times if time < float("inf")]
        length = times[-1] - times[0] if times else 0.0
        self.window = max(TOGETHER_CROWD, length / PARTS if length > 30.0 * DAY else 0.0)
        self._gather()

    def _gather(self) -> None:
        c = self.chronicle
        ancestors: list[tuple[int, ...]] = []
        heralds = self._heralds()
        for number in range(len(c)):
            shown = c.weight(number) > 0 and number not in heralds and not self._echoes(number)
            found: set[int] = set()
            for cause in c.causes[number]:
                found.update(ancestors[cause] if cause < number else ())
            reached = tuple(sorted(found)[-ANCESTORS:])
            counted = c.kinds[number] in COUNTED
            ancestors.append((number,) if shown or counted else reached)
            if shown or counted:
                self._add(number, reached)

    def _heralds(self) -> set[int]:
        """Return the entries whose consequence is told at the same moment: word that arrives, a way into custody."""
        c = self.chronicle
        taken = {(c.times[n], c.subjects[n]) for n in range(len(c)) if c.kinds[n] == kinds.CAPTURED}
        found = {
            n
            for n in range(len(c))
            if c.kinds[n] in (kinds.BEAMED, kinds.MOVED_OUT) and (c.times[n], c.subjects[n]) in taken
        }
        for number in range(len(c)):
            if c.weight(number) > 0 or c.kinds[number] in (kinds.TOLD, kinds.HEARD_FROM):
                for cause in c.causes[number]:
                    if cause < number and c.times[cause] == c.times[number] and c.kinds[cause] in HERALDS:
                        found.add(cause)
        return found | self._fleeting()

    def _fleeting(self) -> set[int]:
        """Return the suspicions that became knowledge, or were given up, in the moment in which they came."""
        c = self.chronicle
        waiting: dict[tuple[float, int, int], int] = {}
        found: set[int] = set()
        for number, kind in enumerate(c.kinds):
            if kind not in (kinds.SUSPECTED, kinds.LEARNED, kinds.DOUBTED):
                continue
            what = (c.times[number], c.subjects[number], c.objects[number])
            if kind == kinds.SUSPECTED:
                waiting[what] = number
            elif what in waiting:
                found.add(waiting.pop(what))
                if kind == kinds.DOUBTED:
                    found.add(number)
        return found

    def _echoes(self, number: int) -> bool:
        """Return True when an entry says again what a sentence of the author's has just said.

        Those whom a transporter sets down later than that keep the first ones in the count.
        """
        c = self.chronicle
        kind = c.kinds[number]
        if kind not in ECHOES and kind != kinds.BEAMED:
            return False
        cause = min(c.causes[number], default=-1)
        if not 0 <= cause < number or c.kinds[cause] not in SPEECH or c.weight(cause) == 0:
            return False
        if kind == kinds.BEAMED:
            return self._set_down[cause] - c.times[cause] <= BRIEF
        return c.times[number] == c.times[cause]

    @cached_property
    def _set_down(self) -> dict[int, float]:
        """When the last of those was set down whom each entry had carried."""
        c = self.chronicle
        found: dict[int, float] = {}
        for number, kind in enumerate(c.kinds):
            if kind == kinds.BEAMED:
                found[min(c.causes[number], default=-1)] = c.times[number]
        return found

    def _add(self, number: int, ancestors: tuple[int, ...]) -> None:
        c = self.chronicle
        kind, place, time = c.kinds[number], c.places[number], c.times[number]
        subject, object_, amount = c.subjects[number], c.objects[number], c.amounts[number]
        template = assembly.ENTRIES[kind].template
        heads = c.heads(number)
        if not any(word in template for word in ("{amount}", "{heads}", "{verb}")):
            amount = 0.0
        if "{object}" not in template or (kind == kinds.DIED and kind_of(object_) not in KILLERS):
            object_ = refs.NOBODY
        if "{place}" not in template:
            place = -1
        whom, who = self._crowd_of(object_), self._crowd_of(subject)
        nameless = refs.CROWD in (kind_of(whom), kind_of(who)) or kind in COUNTED
        keys = (
            (kind, "subject", who, place, amount),
            (kind, "object", whom, place, amount),
        )
        told = next((one for key in keys if (one := self._fits(key, keys, subject, object_, time, heads))), None)
        rest = AFTER if told is not None and nameless else -1.0
        for cause in ancestors:
            if (of := self._of[cause]) is not told:
                of.until = min(of.until, time + rest)
        if told is None:
            told = _Told(
                kind, place, amount, time, time, {subject: None}, {object_: None}, [], nameless, heads, keys=keys
            )
            self.told.append(told)
            self._open[keys[0]] = self._open[keys[1]] = told
        else:
            told.repeats += subject in told.subjects and object_ in told.objects
            told.heads += heads
            told.nameless = told.nameless and nameless
            told.subjects[subject] = None
            told.objects[object_] = None
        told.last = time
        told.entries.append(number)
        self._of[number] = told
        self._latest = told

    def _fits(self, key: tuple, keys: tuple, subject: int, object_: int, time: float, heads: int) -> _Told | None:
        """Return the sentence that can tell this entry too, or None."""
        told = self._open.get(key)
        if told is None or time > told.until:
            return None
        nameless = told.nameless and told.keys == keys
        if nameless:
            if time - told.first > self.window:
                return None
        elif told.nameless or refs.CROWD in (kind_of(keys[0][2]), kind_of(keys[1][2])):
            if time - told.first > MINUTE:
                return None
        elif time - told.first > TOGETHER or (told is not self._latest and time - told.last >= MINUTE):
            return None
        one_subject = len(told.subjects) == 1 and subject in told.subjects
        one_object = len(told.objects) == 1 and object_ in told.objects
        if one_subject and one_object:
            fits = True
        elif told.kind in ALONE:
            return None
        elif told.keys == keys and refs.CROWD in (kind_of(key[2]) for key in keys):
            fits = True
        elif key[1] == "subject":
            fits = one_subject and "{object}" in _template(told.kind)
        else:
            fits = one_object and "{subject}" in _template(told.kind) and not told.heads and not heads
        return told if fits else None

    def _crowd_of(self, reference: int) -> int:
        """Return the crowd of a nameless member of one; anybody else as they are."""
        crowd = self._crowd(reference)
        return reference if crowd < 0 else refs.CROWD * refs.ROWS_PER_KIND + crowd

    def _crowd(self, reference: int) -> int:
        """Return the row of the crowd of a nameless member of one, or -1."""
        kind, row = divmod(reference, refs.ROWS_PER_KIND)
        return self.crowds[row] if kind == refs.PERSON and row < len(self.crowds) else -1

    def sentences(self) -> list[Sentence]:
        """Return the sentences in the order of the last entry of each."""
        told = _alike(self._nothing_last(sorted(self.told, key=lambda one: one.entries[-1])))
        return [Sentence(one.last, finish(self._words(one)), tuple(one.entries)) for one in told]

    def _nothing_last(self, told: list[_Told]) -> list[_Told]:
        """Return sentences in their order, but what came to nothing after all else that its cause did at that moment."""
        c = self.chronicle
        last: dict[tuple[float, int], int] = {}
        for one in told:
            if one.kind not in NOTHING:
                for number in one.entries:
                    if c.times[number] == one.last:
                        last |= {(one.last, cause): one.entries[-1] for cause in c.causes[number]}

        def turn(one: _Told) -> tuple[int, int]:
            own = one.entries[-1]
            if one.kind not in NOTHING:
                return own, own
            return max([own, *(last.get((one.last, cause), own) for cause in c.causes[own])]), own

        return sorted(told, key=turn)

    def _words(self, told: _Told) -> str:
        subjects, objects = list(told.subjects), list(told.objects)
        subject, object_ = self._group(subjects, told.heads), self._objects(objects)
        if told.kind == kinds.DRONE_LOST and told.repeats > 1:
            text = f"{number_word(told.repeats)} drones of {object_ or small(subject)} were lost"
            return self._over(told, text, 1)
        c = self.chronicle
        place = c.words(refs.PLACE * refs.ROWS_PER_KIND + told.place) if told.place >= 0 else ""
        by_object = _template(told.kind).startswith("{object}")
        first = objects if by_object else subjects
        many = len(first) > 1 or several(object_ if by_object else subject) or (not by_object and told.heads > 1)
        one_of = len(first) == 1 and self._crowd(first[0]) >= 0
        text = _fill(told.kind, subject, object_, place, told.amount, told.place in c.insides, many and not one_of)
        pairs = len(told.subjects) * len(told.objects)
        return self._over(told, text, told.repeats if pairs == 1 and not told.heads else 1)

    def _over(self, told: _Told, text: str, repeats: int) -> str:
        """Return a sentence with how often and over how long it happened."""
        long = lasting(told.last - told.first) if told.last - told.first > SPAN else ""
        if repeats > 1:
            often = f"{times_word(repeats)}{' in ' * bool(long)}{long}"
            if told.kind == kinds.HULL_HIT:
                return f"{text} {often}"
            return f"{text.rstrip('.')} ({often})" if told.kind in ALONE else f"{often} {text}"
        if not long:
            return text
        return f"in the last {long} {text}" if told.kind not in ALONE else f"{text.rstrip('.')} (over {long})"

    def _objects(self, objects: list[int]) -> str:
        if kind_of(objects[0]) in (refs.PERSON, refs.CROWD) or len(objects) == 1:
            return self._group(objects)
        words = [self.chronicle.words(reference).rstrip(".") for reference in objects]
        return "; ".join(map(small, words)) if kind_of(objects[0]) in SAID else listed(words)

    def _group(self, references: list[int], heads: int = 0) -> str:
        """Return several people as a list: the named by name, members of crowds by number, nobody left out."""
        if heads and len(references) == 1:
            return self.chronicle.party(references[0], heads)
        named = [reference for reference in references if self._crowd(reference) < 0]
        crowds = Counter(crowd for crowd in map(self._crowd, references) if crowd >= 0)
        parts = [(self.chronicle.words(reference), 1) for reference in named]
        parts += [
            (self.chronicle.share(refs.CROWD * refs.ROWS_PER_KIND + crowd, count), count)
            for crowd, count in crowds.most_common()
        ]
        if len(parts) <= SHOWN:
            return listed([words for words, _ in parts])
        return listed([words for words, _ in parts[: SHOWN - 2]], sum(count for _, count in parts[SHOWN - 2 :]))


def _template(kind: int) -> str:
    return assembly.ENTRIES[kind].template


def _alike(told: list[_Told]) -> list[_Told]:
    """Return the sentences with those made one that tell several of several things, or the same ones of two things."""
    found: list[_Told] = []
    for one in told:
        last = found[-1] if found else None
        if last and (one.kind, one.place) == (last.kind, last.place) and kind_of(next(iter(one.objects))) in SAID:
            if len(one.objects) > 1 and one.objects == last.objects and one.last - last.first <= TOGETHER:
                last.subjects |= one.subjects
            elif one.subjects == last.subjects and one.last - last.first <= MINUTE:
                last.objects |= one.objects
            else:
                found.append(one)
                continue
            last.entries, last.last = sorted(last.entries + one.entries), one.last
            last.first = min(last.first, one.first)
        else:
            found.append(one)
    return found


def _split(clock: str) -> tuple[str, str]:
    """Return (day, hour) of "day 3, 14:05"."""
    day, _, hour = clock.rpartition(", ")
    return day or clock, hour
