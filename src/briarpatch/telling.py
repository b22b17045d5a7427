"""From entries to words: one sentence an entry, and a prose chronicle by day, hour and thread.

A *thread* is a paragraph: entries that share a place or a chain of causes. Within one, what many people did
together becomes one sentence. Entries of weight 0 are left to the log, but the many small ones are counted
at the end of a day.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .world import kinds, refs, states

if TYPE_CHECKING:
    from .chronicle import Chronicle

HOUR = 3600.0
TOGETHER = 0.5 * HOUR
"""Named people who do the same within this time share a sentence."""
TOGETHER_CROWD = 6.0 * HOUR
"""So do members of a crowd within this time."""
THREAD = 3.0 * HOUR
"""A thread that rests longer than this begins a new paragraph."""
OPEN_THREADS = 3
SENTENCES = 8
"""The most sentences of a paragraph."""
SHOWN = 4
"""The most names in a list."""
NEW_HOUR = 600.0
"""A sentence says its hour when this much time has passed since the last one said."""
ANCESTORS = 6

LONG = 400.0 * 86400.0
"""In a story longer than this, deaths of nameless people are told by number at its end."""

COUNTED = {
    kinds.TAGGED: ("{} person was tagged", "{} people were tagged"),
    kinds.LOCK_FAILED: ("{} transporter lock failed", "{} transporter locks failed"),
    kinds.DRONE_LOST: ("{} drone was lost", "{} drones were lost"),
    kinds.HULL_HIT: ("{} hit struck a hull", "{} hits struck a hull"),
}
"""Kinds that a telling only counts."""

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
    kinds.REPAIRED,
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

ALONE = {k.number for k in kinds.KINDS if k.template in ("{subject}", "{object}") or " and {object}" in k.template}
"""Kinds whose sentences cannot be put together: those in their author's words, and those about a pair."""

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_FIELD = re.compile(r"\{(\w+)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]+")
_OPENERS = frozenset(
    [
        "a",
        "an",
        "the",
        "it",
        "its",
        "no",
        "not",
        "all",
        "some",
        "any",
        "each",
        "every",
        "everybody",
        "everyone",
        "nobody",
        "somebody",
        "there",
        "they",
        "their",
        "this",
        "that",
        "these",
        "those",
        "he",
        "she",
        "his",
        "her",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "both",
        "many",
        "most",
        "several",
        "few",
        "word",
        "words",
        "in",
        "on",
        "at",
        "as",
        "when",
        "while",
        "after",
        "before",
        "with",
        "without",
        "by",
        "for",
        "from",
        "to",
        "under",
        "over",
        "inside",
        "what",
        "then",
        "so",
        "ships",
        "between",
        "destroying",
        "people",
    ]
)


def plain(text: str) -> str:
    """Return `text` on one line and without control characters, which a terminal could obey."""
    return " ".join(_CONTROL.sub(" ", text).split())


def sentence(kind: int, subject: str, object_: str, place: str, amount: float) -> str:
    """Return the sentence that tells an entry, with a capital and a full stop; "" is nobody and nowhere."""
    return _finish(_fill(kind, subject, object_, place, amount))


def _fill(kind: int, subject: str, object_: str, place: str, amount: float, many: bool = False) -> str:
    """Return the sentence of an entry as it stands within another; `many` when whoever it begins with are several."""
    if kind == kinds.GUARD:
        known = 0 <= amount < len(states.GUARD_NAMES)
        return f"{kinds.KINDS[kind].template}: {states.GUARD_NAMES[int(amount)] if known else 'unknown'}"
    values = {"subject": subject, "object": object_, "place": place, "amount": f"{amount:g}"}
    template = kinds.KINDS[kind].template
    if many:
        for first in ("{subject}", "{object}"):
            if template.startswith(first):
                template = template.replace(f"{first} was ", f"{first} were ")
        template = template.replace(" its ", " their ")

    def optional(match: re.Match[str]) -> str:
        part = match[1]
        return part if all(values[name] for name in _FIELD.findall(part)) else ""

    return _FIELD.sub(lambda match: values[match[1]] or "somebody", _OPTIONAL.sub(optional, template))


def _finish(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    end = "" if text.rstrip("\"'”’)").endswith((".", "!", "?", "…")) else "."
    return text[0].upper() + text[1:] + end


def _inside(text: str) -> str:
    """Return `text` as it stands after "At noon": with a small letter, unless a name may begin it."""
    first = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if first.lower() in _OPENERS else text


def listed(names: list[str], others: int = 0) -> str:
    """Return names as a list in words: "A, B and 14 others"."""
    if others:
        names = [*names, f"{others} {'other' if others == 1 else 'others'}" if names else f"{others} people"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


@dataclass
class _Told:
    """One sentence to be: entries of one kind that differ in who, or in whom."""

    kind: int
    place: int
    amount: float
    first: float
    last: float
    subjects: list[int]
    objects: list[int]
    repeats: int = 1


@dataclass
class _Thread:
    """One paragraph to be."""

    day: str
    last: float
    told: list[_Told] = field(default_factory=list)
    places: set[int] = field(default_factory=set)
    members: set[int] = field(default_factory=set)


def tell(chronicle: Chronicle, width: int = 80, style: str = "prose") -> str:
    """Return the chronicle as text, wrapped to `width`; `style` is "prose" or "log" (one line an entry)."""
    if style == "log":
        return "\n".join(log_line(chronicle, number) for number in range(len(chronicle)))
    return _Teller(chronicle).prose(max(40, width))


def log_line(chronicle: Chronicle, number: int) -> str:
    """Return one entry as a line: number, day and hour, sentence, and the numbers of its causes."""
    entry = chronicle.entry(number)
    causes = f"  <- {', '.join(map(str, entry.causes))}" if entry.causes else ""
    return f"{number:>5}  {entry.clock:<14}  {entry.text}{causes}"


class _Teller:
    """Gathers entries into sentences and sentences into threads."""

    def __init__(self, chronicle: Chronicle) -> None:
        self.chronicle = chronicle
        self.minds = len(chronicle.world.minds)
        self.crowds: list[int] = chronicle.world.people["crowd"].tolist()
        self.sizes = Counter(self.crowds[self.minds :])
        self.threads: list[_Thread] = []
        self.counts: dict[str, Counter[int]] = {}
        self.days: list[str] = []
        self.fallen: Counter[int] = Counter()
        """Crowd -> nameless members whose deaths are told by number, because the story is long."""
        self._mergeable: dict[tuple, tuple[_Thread, _Told]] = {}
        self._gather()

    def _gather(self) -> None:
        c = self.chronicle
        ancestors: list[tuple[int, ...]] = []
        heralds = self._heralds()
        times = [time for time in c.times if time < float("inf")]
        long = len(times) > 0 and times[-1] - times[0] > LONG
        for number in range(len(c)):
            shown = c.weight(number) > 0 and number not in heralds and not self._echoes(number)
            found: set[int] = set()
            for cause in c.causes[number]:
                found.update(ancestors[cause] if cause < number else ())
            reached = tuple(sorted(found)[-ANCESTORS:])
            ancestors.append((number,) if shown else reached)
            day = _split(c.clock(c.times[number]))[0]
            if shown or c.kinds[number] in COUNTED:
                if day not in self.counts:
                    self.counts[day] = Counter()
                    self.days.append(day)
            crowd = self._crowd(c.subjects[number])
            if long and crowd >= 0 and c.kinds[number] == kinds.DIED:
                self.fallen[crowd] += 1
            elif shown:
                self._add(number, day, reached)
            elif c.kinds[number] in COUNTED:
                self.counts[day][c.kinds[number]] += 1

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
            if c.weight(number) > 0 or c.kinds[number] == kinds.TOLD:
                for cause in c.causes[number]:
                    if cause < number and c.times[cause] == c.times[number] and c.kinds[cause] in HERALDS:
                        found.add(cause)
        return found

    def _echoes(self, number: int) -> bool:
        """Return True when an entry says again what a sentence of the author's has just said."""
        c = self.chronicle
        kind = c.kinds[number]
        if kind not in ECHOES and kind != kinds.BEAMED:
            return False
        cause = min(c.causes[number], default=-1)
        if not 0 <= cause < number or c.kinds[cause] not in SPEECH or c.weight(cause) == 0:
            return False
        return c.times[number] - c.times[cause] <= (BRIEF if kind == kinds.BEAMED else 0.0)

    def _add(self, number: int, day: str, ancestors: tuple[int, ...]) -> None:
        c = self.chronicle
        kind, place, time = c.kinds[number], c.places[number], c.times[number]
        subject, object_, amount = c.subjects[number], c.objects[number], c.amounts[number]
        if "{amount}" not in kinds.KINDS[kind].template:
            amount = 0.0
        if "{object}" not in kinds.KINDS[kind].template:
            object_ = refs.NOBODY
        if "{place}" not in kinds.KINDS[kind].template:
            shared = -1
        else:
            shared = place
        by_object = (day, kind, "object", object_, shared, amount)
        by_subject = (day, kind, "subject", subject, shared, amount)
        merged = self._merge(by_object, by_subject, subject, object_, time)
        if merged is not None:
            merged.members.add(number)
            merged.last = time
            return
        thread = self._thread(day, time, place, ancestors)
        told = _Told(kind, shared, amount, time, time, [subject], [object_])
        thread.told.append(told)
        thread.members.add(number)
        thread.last = time
        if place >= 0:
            thread.places.add(place)
        self._mergeable[by_object] = self._mergeable[by_subject] = (thread, told)

    def _merge(self, by_object: tuple, by_subject: tuple, subject: int, object_: int, time: float) -> _Thread | None:
        for key in (by_object, by_subject):
            if key not in self._mergeable:
                continue
            thread, told = self._mergeable[key]
            if self._nameless(subject, object_) and self._nameless(told.subjects[0], told.objects[0]):
                if time - told.last > TOGETHER_CROWD:
                    continue
            elif time - told.first > TOGETHER:
                continue
            many_subjects, many_objects = len(told.subjects) > 1, len(told.objects) > 1
            if subject in told.subjects and object_ in told.objects:
                told.repeats += object_ != refs.NOBODY or time > told.last  # what is said of nobody is said once
            elif key is by_object and not many_objects and "{subject}" in kinds.KINDS[told.kind].template:
                if told.kind in ALONE:
                    continue
                told.subjects.append(subject)
            elif key is by_subject and not many_subjects and "{object}" in kinds.KINDS[told.kind].template:
                if told.kind in ALONE:
                    continue
                told.objects.append(object_)
            else:
                continue
            told.last = time
            return thread
        return None

    def _thread(self, day: str, time: float, place: int, ancestors: tuple[int, ...]) -> _Thread:
        for thread in reversed(self.threads[-OPEN_THREADS:]):
            if thread.day != day or time - thread.last > THREAD or len(thread.told) >= SENTENCES:
                continue
            at_once = place < 0 and time == thread.last
            if at_once or place in thread.places or not thread.members.isdisjoint(ancestors):
                return thread
        self.threads.append(_Thread(day, time))
        return self.threads[-1]

    def _nameless(self, subject: int, object_: int) -> bool:
        """Return True when the subject or the object of an entry is a nameless member of a crowd."""
        return self._crowd(subject) >= 0 or self._crowd(object_) >= 0

    def _crowd(self, reference: int) -> int:
        """Return the crowd of a nameless member of one, or -1."""
        kind, row = divmod(reference, refs.ROWS_PER_KIND)
        if kind == refs.PERSON and self.minds <= row < len(self.crowds):
            return self.crowds[row]
        return -1

    def prose(self, width: int) -> str:
        """Return the days, each with its paragraphs."""
        lines: list[str] = []
        for day in self.days:
            lines += ["", day[:1].upper() + day[1:], ""] if lines else [day[:1].upper() + day[1:], ""]
            paragraphs = [self._paragraph(thread, width) for thread in self.threads if thread.day == day]
            counted = self._counted(day)
            if counted:
                paragraphs.append(textwrap.fill(counted, width, initial_indent="  ", subsequent_indent="  "))
            if paragraphs:
                lines.append("\n\n".join(paragraphs))
            else:
                del lines[-3 if len(lines) > 3 else 0 :]
        if self.fallen:
            parts = [self._share(crowd, count) for crowd, count in self.fallen.most_common(SHOWN)]
            died = _finish(f"in all that time {listed(parts)} died")
            lines += ["", textwrap.fill(died, width, initial_indent="  ", subsequent_indent="  ")]
        return "\n".join(lines)

    def _paragraph(self, thread: _Thread, width: int) -> str:
        head = self._hour(thread.told[0].first)
        said = thread.told[0].first
        parts = []
        for told in _alike(thread.told):
            text = self._words(told)
            span = told.last - told.first >= NEW_HOUR
            if span:
                text = f"Between {self._hour(told.first)} and {self._hour(told.last)}, {_inside(text)}"
            elif told.first - said >= NEW_HOUR:
                text = f"At {self._hour(told.first)} {_inside(text)}"
            if span or told.first - said >= NEW_HOUR:
                said = told.first
            parts.append(_finish(text))
        indent = " " * (len(head) + 4)
        return textwrap.fill(
            " ".join(parts),
            width,
            initial_indent=f"  {head}  ",
            subsequent_indent=indent,
            break_on_hyphens=False,
        )

    def _hour(self, time: float) -> str:
        return _split(self.chronicle.clock(time))[1]

    def _words(self, told: _Told) -> str:
        c = self.chronicle
        subject, object_ = self._group(told.subjects), self._objects(told.objects)
        place = c.words(refs.PLACE * refs.ROWS_PER_KIND + told.place) if told.place >= 0 else ""
        first = told.objects if kinds.KINDS[told.kind].template.startswith("{object}") else told.subjects
        many = len(told.subjects) > 1
        text = _fill(told.kind, subject, object_, place, told.amount, len(first) > 1)
        if told.repeats > 1 and not many and len(told.objects) == 1:
            text = f"{text.rstrip('.')} ({told.repeats} times)"
        return text

    def _objects(self, objects: list[int]) -> str:
        if objects[0] // refs.ROWS_PER_KIND == refs.PERSON or len(objects) == 1:
            return self._group(objects)
        words = [self.chronicle.words(reference).rstrip(".") for reference in objects]
        if objects[0] // refs.ROWS_PER_KIND in (refs.FACT, refs.ORDER):
            return "; ".join(words)
        return listed(words[:SHOWN], 0) if len(words) <= SHOWN else listed(words[: SHOWN - 2], len(words) - SHOWN + 2)

    def _group(self, references: list[int]) -> str:
        """Return several people as a list: the named by name, members of crowds by number."""
        if len(references) == 1:
            crowd = self._crowd(references[0])
            if crowd < 0:
                return self.chronicle.words(references[0])
            return f"one of {self.chronicle.words(refs.CROWD * refs.ROWS_PER_KIND + crowd)}"
        named = [reference for reference in references if self._crowd(reference) < 0]
        crowds = Counter(crowd for crowd in map(self._crowd, references) if crowd >= 0)
        words = [self.chronicle.words(reference) for reference in named]
        of_crowds = [self._share(crowd, count) for crowd, count in crowds.most_common(SHOWN)]
        if len(words) > SHOWN:
            if not of_crowds:
                return listed(words[: SHOWN - 2], len(words) - SHOWN + 2)
            return listed(words[: SHOWN - 2], len(references) - SHOWN + 2)
        return listed(words + of_crowds)

    def _share(self, crowd: int, count: int) -> str:
        if count == 1:
            return "one other"
        much = "all" if count == self.sizes[crowd] else f"{count}"
        return f"{much} of {self.chronicle.words(refs.CROWD * refs.ROWS_PER_KIND + crowd)}"

    def _counted(self, day: str) -> str:
        counts = self.counts[day]
        parts = [words[counts[kind] != 1].format(counts[kind]) for kind, words in COUNTED.items() if counts[kind]]
        return f"In the course of the day {listed(parts)}." if parts else ""


def _alike(told: list[_Told]) -> list[_Told]:
    """Return the sentences of a thread with those made one in which several people are told the same several things."""
    found: list[_Told] = []
    for one in told:
        last = found[-1] if found else None
        if (
            last
            and len(one.objects) > 1
            and (one.kind, one.place, one.objects) == (last.kind, last.place, last.objects)
        ):
            found[-1] = replace(last, subjects=last.subjects + one.subjects, last=max(last.last, one.last))
        else:
            found.append(one)
    return found


def _split(clock: str) -> tuple[str, str]:
    """Return (day, hour) of "day 3, 14:05"."""
    day, _, hour = clock.rpartition(", ")
    return day or clock, hour
