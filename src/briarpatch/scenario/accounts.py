"""Accounts, resolved: which entries of a chronicle each beat can be, and how the beats lie in time to one another.

A telling names beats; a beat is any of several patterns; a pattern asks for entries of one kind, about somebody, somewhere.
Here every name becomes the numbers that a chronicle holds, and each account is held to be possible: no statement about
times contradicts others (`temporal`), nothing that must happen is forbidden, and no label points outside its document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..assembly import ENTITIES, ENTRIES, ROLES
from ..errors import did_you_mean
from ..units import span
from ..world import kinds, refs
from . import schema
from .built import Built
from .names import KIND_NUMBERS
from .schema import Document
from .temporal import Bound, contradiction

Path = tuple[str | int, ...]
Ranges = tuple[tuple[int, int], ...]
"""Closed ranges of references or rows."""

_AMOUNT = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\Z")
_LABEL = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\.(\d+)([ab]?)\Z")
_CHAIN = re.compile(r"\s*(?:(<=|<|,)|([a-z][a-z0-9_]*)|(\S))")
_TOLD_OF = tuple(kind for number, kind in ENTITIES.items() if number not in (refs.EVENT, refs.MEASURE))


@dataclass(frozen=True)
class Pattern:
    """Entries of `kind` whose subject, object and place lie in any of some ranges (None: whatever they are)."""

    kind: int
    subjects: Ranges | None = None
    objects: Ranges | None = None
    places: Ranges | None = None
    comparison: str = ""
    amount: float = 0.0


@dataclass(frozen=True)
class Beat:
    """A beat of an account: what tells it, what it can be, and when, in seconds from the start."""

    name: str
    told: str
    labels: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    optional: bool = False
    earliest: float = 0.0
    latest: float = math.inf


@dataclass(frozen=True)
class Link:
    """Beat `later` comes at least `least` and at most `most` seconds after beat `earlier`; both are turns of beats.

    Where `ordered`, it also comes later in the chronicle when both happen at the same instant.
    """

    earlier: int
    later: int
    least: float = 0.0
    most: float = math.inf
    ordered: bool = True


@dataclass(frozen=True)
class Absence:
    """What must not happen: before beat number `before`, after beat number `after`, or at all where both are -1."""

    beat: Beat
    before: int = -1
    after: int = -1


@dataclass(frozen=True)
class Account:
    """A telling: its beats, how they lie to one another in time, and what must not happen."""

    name: str
    title: str
    beats: tuple[Beat, ...]
    links: tuple[Link, ...]
    absences: tuple[Absence, ...]


@dataclass(frozen=True)
class Tellings:
    """Everything that a scenario says about how it is told."""

    beats: dict[str, Beat] = field(default_factory=dict)
    """The shared beats, without labels."""
    accounts: dict[str, Account] = field(default_factory=dict)


def resolve(document: Document, built: Built, fault: Callable[..., None]) -> Tellings:
    """Return the accounts of a document; every fault is given to `fault` with its path."""
    return _Resolver(document, built, fault).resolve()


class _Resolver:
    def __init__(self, document: Document, built: Built, fault: Callable[..., None]) -> None:
        self.doc = document
        self.names = built.names
        self.program = built.program
        self.world = built.world
        self._fault = fault
        self.faults = 0

    def fault(self, path: Path, message: str, offset: int | None = None) -> None:
        self.faults += 1
        self._fault(path, message, offset)

    def resolve(self) -> Tellings:
        doc = self.doc
        self._documents()
        beats = {
            name: Beat(name, beat.told, (), self._patterns(beat.match, ("beats", name, "match")))
            for name, beat in doc.beats.items()
        }
        accounts = {name: self._account(name, account, beats) for name, account in doc.accounts.items()}
        for name, variant in doc.variants.items():
            self._variant(name, variant)
        for name, claim in doc.claims.items():
            self._claim(name, claim)
        return Tellings(beats, accounts)

    # ------------------------------------------------------------------------------------------- labels and claims

    def _documents(self) -> None:
        for name, document in self.doc.documents.items():
            for turn, sentence in enumerate(document.halved):
                if not 1 <= sentence <= document.sentences:
                    self.fault(
                        ("documents", name, "halved", turn),
                        f"sentence {sentence} does not exist; '{name}' has sentences 1 to {document.sentences}",
                    )

    def _labels(self, labels: list[str], path: Path) -> tuple[str, ...]:
        for turn, label in enumerate(labels):
            wrong = self._wrong_label(label)
            if wrong:
                self.fault((*path, turn), f"label '{label}' {wrong}")
        return tuple(labels)

    def _wrong_label(self, label: str) -> str:
        """Return what is wrong with a label, "" when nothing is."""
        match = _LABEL.match(label)
        if match is None:
            return "is not a label; write document and sentence, as in A.07"
        name, digits, half = match.groups()
        document = self.doc.documents.get(name)
        if document is None:
            known = ", ".join(self.doc.documents) or "none"
            return f"names no document: 'documents' has {known}{did_you_mean(name, self.doc.documents)}"
        number = int(digits)
        if not 1 <= number <= document.sentences:
            return f"does not exist: document '{name}' has sentences 1 to {document.sentences}"
        if half and number not in document.halved:
            return f"does not exist: sentence {number} of '{name}' is not told in halves"
        written = f"{name}.{number:0{max(2, len(str(document.sentences)))}d}{half}"
        return "" if written == label else f"is written '{written}'"

    def _variant(self, name: str, variant: schema.Variant) -> None:
        told_by: dict[str, str] = {}
        for setting, body in variant.settings.items():
            path: Path = ("variants", name, "settings", setting)
            if self.doc.documents:
                self._labels(body.labels, (*path, "labels"))
            for turn, account in enumerate(body.as_told):
                where = (*path, "as_told", turn)
                if account not in self.doc.accounts:
                    self.fault(
                        where, f"unknown account '{account}'{self._hint(account, self.doc.accounts, 'accounts')}"
                    )
                elif account in told_by:
                    self.fault(
                        where, f"account '{account}' tells setting '{told_by[account]}' already; keep one of them"
                    )
                told_by.setdefault(account, setting)

    def _claim(self, name: str, claim: schema.Claim) -> None:
        path: Path = ("claims", name)
        self._labels(claim.labels, (*path, "labels"))
        tests = {
            "fact": self.doc.facts,
            "directive": self.doc.directives,
            "value": self.doc.values,
            "measure": self.doc.measures,
            "decision": self.doc.decisions,
        }
        given = [test for test in (*tests, "untested") if getattr(claim, test) is not None]
        if not given:
            self.fault(path, f"says nothing that tests it; name a {', a '.join(tests)}, or say why it is 'untested'")
        for test, known in tests.items():
            wanted = getattr(claim, test)
            if wanted is not None and wanted not in known:
                self.fault((*path, test), f"unknown {test} '{wanted}'{self._hint(wanted, known, test + 's')}")

    def _hint(self, name: str, known: Any, what: str) -> str:
        if not known:
            return f"; there are no {what}"
        near = did_you_mean(name, known)
        return near or (f"; the {what} are {', '.join(known)}" if len(known) <= 8 else "")

    # ------------------------------------------------------------------------------------------------- patterns

    def _patterns(self, patterns: list[schema.Pattern], path: Path) -> tuple[Pattern, ...]:
        return tuple(found for turn, p in enumerate(patterns) for found in self._pattern(p, self._at(path, turn)))

    def _at(self, path: Path, turn: int) -> Path:
        """Return the path of one of several patterns; a single one may stand there by itself."""
        return (*path, turn)

    def _pattern(self, pattern: schema.Pattern, path: Path) -> Iterator[Pattern]:
        if (pattern.happened is None) == (pattern.kind is None):
            self.fault(path, "a pattern needs either 'happened' or 'kind'")
            return
        if pattern.happened is not None:
            for key in ("subject", "object", "place", "amount"):
                if getattr(pattern, key) is not None:
                    self.fault(
                        (*path, key), f"'{key}' goes with 'kind'; what 'happened' names is found by its name alone"
                    )
            yield from self._happening(pattern.happened, (*path, "happened"))
            return
        kind = _KINDS.get(str(pattern.kind))
        if kind is None:
            self.fault(
                (*path, "kind"),
                f"no entry is of the kind '{pattern.kind}'{did_you_mean(str(pattern.kind), _KINDS)}",
            )
            return
        subjects, objects = ROLES.get(kind.name, (None, None))
        comparison, amount = self._amount(pattern.amount, (*path, "amount"))
        yield Pattern(
            kind.number,
            self._about(pattern.subject, "subject", kind.name, subjects, path),
            self._about(pattern.object, "object", kind.name, objects, path),
            self._places(pattern.place, (*path, "place")),
            comparison,
            amount,
        )

    def _happening(self, name: str, path: Path) -> Iterator[Pattern]:
        rows = self.names.rows
        if name in self.doc.events:
            yield Pattern(kinds.MARKED, objects=_one(refs.EVENT, rows["event"][name]))
        elif name in self.doc.rules or name in rows.get("rule", {}):
            prefix = name + "." if name in self.doc.rules else ""
            found = [
                r for known, r in rows.get("rule", {}).items() if known == name or (prefix and known.startswith(prefix))
            ]
            yield Pattern(kinds.RULE, subjects=_ranges(refs.RULE, found))
        elif name in rows.get("option", {}):
            yield Pattern(kinds.CHOSE, objects=_one(refs.OPTION, rows["option"][name]))
        elif name in rows.get("decision", {}):
            found = [r for known, r in rows["option"].items() if known.rpartition(".")[0] == name]
            yield Pattern(kinds.CHOSE, objects=_ranges(refs.OPTION, found))
        else:
            known = [k for kind in ("event", "rule", "option", "decision") for k in rows.get(kind, {})]
            self.fault(path, f"no event, rule, decision or option is called '{name}'{did_you_mean(name, known)}")

    def _about(
        self, wanted: list[str] | None, key: str, kind: str, allowed: tuple[str, ...] | None, path: Path
    ) -> Ranges | None:
        if wanted is None:
            return None
        if allowed == ():
            self.fault((*path, key), f"an entry '{kind}' never has {'a' if key == 'subject' else 'an'} {key}")
            return None
        found: list[tuple[int, int]] = []
        for turn, name in enumerate(wanted):
            where = (*path, key, turn)
            ranges = self._called(name)
            if not ranges:
                known = [k for kind_ in _TOLD_OF for k in self.names.known(kind_)]
                self.fault(where, f"nothing is called '{name}'{did_you_mean(name, known)}")
                continue
            fitting = [r for kind_, r in ranges if allowed is None or kind_ in allowed]
            if not fitting:
                is_a = " or ".join(dict.fromkeys(kind_ for kind_, _ in ranges))
                wants = " or ".join(allowed or ())
                self.fault(where, f"'{name}' is a {is_a}, but the {key} of an entry '{kind}' is a {wants}")
            found += fitting
        return tuple(found)

    def _called(self, name: str) -> list[tuple[str, tuple[int, int]]]:
        """Return (kind, range of references) of everything called `name`; a crowd and a side are their members too."""
        found: list[tuple[str, tuple[int, int]]] = []
        for kind in _TOLD_OF:
            row = self.names.rows.get(kind, {}).get(name)
            if row is not None:
                found.append((kind, _one(KIND_NUMBERS[kind], row)[0]))
        crowds = self.program.crowds
        if name in self.doc.listed:
            found += self._members([self.names.rows["crowd"][name]])
        if name in self.doc.factions:
            faction = self.names.rows["faction"][name]
            people = [r for n, r in self.names.rows.get("person", {}).items() if self.doc.people[n].faction == name]
            found += [("person", r) for r in _ranges(refs.PERSON, people)]
            same = [
                i for i in range(len(crowds)) if int(self.world.people["faction"][int(crowds["first"][i])]) == faction
            ]
            found += [("crowd", r) for r in _ranges(refs.CROWD, same)]
            found += self._members(same)
        if name in self.names.insides:
            found.append(("place", _one(refs.PLACE, self.names.insides[name])[0]))
        return found

    def _members(self, crowds: list[int]) -> list[tuple[str, tuple[int, int]]]:
        base = refs.PERSON * refs.ROWS_PER_KIND
        rows = self.program.crowds
        found = []
        for i in crowds:
            first, count = int(rows["first"][i]), int(rows["count"][i])
            if count:
                found.append(("person", (base + first, base + first + count - 1)))
        return found

    def _places(self, wanted: list[str] | None, path: Path) -> Ranges | None:
        if wanted is None:
            return None
        rows: list[int] = []
        for turn, name in enumerate(wanted):
            row = self.names.row("spot", name)
            if row is None:
                self.fault((*path, turn), f"unknown place '{name}'{did_you_mean(name, self.names.known('spot'))}")
                continue
            rows.append(row)
            rows += [self.names.rows["place"][n] for n, place in self.doc.places.items() if place.inside == name]
        return tuple((row, row) for row in sorted(set(rows)))

    def _amount(self, text: str | None, path: Path) -> tuple[str, float]:
        if text is None:
            return "", 0.0
        if _AMOUNT.match(text) is None:
            self.fault(path, f"'{text[:40]}' is not a comparison with a number; write it as in '>= 3'")
            return "", 0.0
        return comparison(text)

    # ------------------------------------------------------------------------------------------------- accounts

    def _account(self, name: str, account: schema.Account, shared: dict[str, Beat]) -> Account:
        before = self.faults
        path: Path = ("accounts", name)
        beats: list[Beat] = []
        turns: dict[str, int] = {}
        never: dict[str, Beat] = {}
        for beat_name, told in account.beats.items():
            beat = self._beat(beat_name, told, shared, (*path, "beats", beat_name))
            if told.never:
                never[beat_name] = beat
            else:
                turns[beat_name] = len(beats)
                beats.append(beat)
        links: list[Link] = []
        places: list[Path] = []
        for link, where in self._stated(account, turns, never, path):
            links.append(link)
            places.append(where)
        absences = [self._absence(beat, account.beats[n], turns, (*path, "beats", n)) for n, beat in never.items()]
        found = Account(name, account.title, tuple(beats), tuple(links), tuple(absences))
        if self.faults == before:
            self._prove(found, places, [(*path, "beats", n) for n in turns], [(*path, "beats", n) for n in never])
        return found

    def _beat(self, name: str, told: schema.ToldBeat, shared: dict[str, Beat], path: Path) -> Beat:
        labels = self._labels(told.labels, (*path, "labels"))
        known = shared.get(name)
        patterns: tuple[Pattern, ...] = ()
        if told.match is not None:
            patterns = self._patterns(told.match, (*path, "match"))
        elif known is not None:
            patterns = known.patterns
        else:
            hint = did_you_mean(name, shared)
            self.fault((*path, "<key>"), f"'{name}' is not under 'beats' and has no 'match' of its own{hint}")
        earliest, latest = told.window or (0.0, math.inf)
        if earliest > latest:
            self.fault((*path, "window"), "the window ends before it begins; write the earlier time first")
        words = told.told or (known.told if known else name.replace("_", " "))
        return Beat(name, words, labels, patterns, told.optional, earliest, latest)

    def _stated(
        self, account: schema.Account, turns: dict[str, int], never: dict[str, Beat], path: Path
    ) -> Iterator[tuple[Link, Path]]:
        """Yield every stated relation of two beats with its path."""
        for name, told in account.beats.items():
            if told.never:
                continue
            for key in ("after", "before"):
                for turn, relation in enumerate(getattr(told, key)):
                    where = (*path, "beats", name, key, turn)
                    other = self._turn(relation.beat, turns, never, where)
                    if other is None:
                        continue
                    earlier, later = (other, turns[name]) if key == "after" else (turns[name], other)
                    least, most = relation.least or 0.0, math.inf if relation.most is None else relation.most
                    if least > most:
                        self.fault(where, "'least' is more than 'most'; swap them")
                    yield Link(earlier, later, least, most), where
        for turn, chain in enumerate(account.order):
            yield from (
                (link, (*path, "order", turn)) for link in self._chain(chain, turns, never, (*path, "order", turn))
            )

    def _turn(
        self, name: str, turns: dict[str, int], never: dict[str, Beat], path: Path, offset: int | None = None
    ) -> int | None:
        if name in never:
            self.fault(path, f"'{name}' must never happen, so it has no place in an order", offset)
            return None
        if name not in turns:
            self.fault(path, f"the account has no beat '{name}'{did_you_mean(name, turns)}", offset)
            return None
        return turns[name]

    def _chain(self, text: str, turns: dict[str, int], never: dict[str, Beat], path: Path) -> Iterator[Link]:
        """Yield the links of a chain such as "a < b, c <= d"."""
        earlier: list[int] = []
        group: list[int] = []
        sign, wants_name, at = "", True, 0
        text = text.rstrip()
        while at < len(text):
            match = _CHAIN.match(text, at)
            assert match is not None
            mark, name, other = match.groups()
            start, at = match.end() - len(mark or name or other), match.end()
            if other or (mark is not None) == wants_name:
                wanted = "the name of a beat" if wants_name else "'<', '<=' or ','"
                self.fault(path, f"expected {wanted}, got '{mark or name or other}'", start)
                return
            wants_name = not wants_name
            if mark in ("<", "<="):
                if sign:
                    yield from (Link(a, b, ordered=sign == "<") for a in earlier for b in group)
                earlier, group, sign = group, [], mark
            elif name is not None:
                turn = self._turn(name, turns, never, path, start)
                if turn is not None:
                    group.append(turn)
        if wants_name:
            self.fault(path, "the chain ends too soon; expected the name of a beat", len(text))
        elif not sign:
            self.fault(path, "a chain needs at least two beats with '<' or '<=' between them")
        else:
            yield from (Link(a, b, ordered=sign == "<") for a in earlier for b in group)

    def _absence(self, beat: Beat, told: schema.ToldBeat, turns: dict[str, int], path: Path) -> Absence:
        if len(told.before) + len(told.after) > 1:
            self.fault(path, "a beat that must never happen is bounded by one beat at most; write it twice for two")
        ends = {"before": -1, "after": -1}
        for key in ends:
            for turn, relation in enumerate(getattr(told, key)):
                if relation.least is not None or relation.most is not None:
                    self.fault(
                        (*path, key, turn), "what must never happen has no 'least' or 'most'; give it a 'window'"
                    )
                ends[key] = turns.get(relation.beat, -1)
                if ends[key] < 0:
                    self.fault(
                        (*path, key, turn),
                        f"the account has no beat '{relation.beat}'{did_you_mean(relation.beat, turns)}",
                    )
        return Absence(beat, ends["before"], ends["after"])

    # ------------------------------------------------------------------------------------------------- consistency

    def _prove(self, account: Account, links: list[Path], beats: list[Path], absences: list[Path]) -> None:
        """Say so when no course of events, however odd, could be the account."""
        for absence, path in zip(account.absences, absences, strict=True):
            if absence.before < 0 and absence.after < 0:
                for beat in account.beats:
                    if _always_is(beat, absence.beat) and not beat.optional:
                        self.fault(
                            path,
                            f"must never happen, but {_cited(beat)} tells that it does{_clash([absence.beat, beat])}",
                        )
        start = len(account.beats)
        bounds: list[Bound] = []
        said: list[tuple[str, list[Beat], Path]] = []

        def state(of: int, to: int, most: float, strict: bool, words: str, about: list[Beat], path: Path) -> None:
            if most < math.inf:
                bounds.append(Bound(of, to, most, strict, len(said)))
                said.append((words, about, path))

        horizon, clock = self.doc.scenario.until, span(self.doc.scenario.until)
        for turn, (beat, path) in enumerate(zip(account.beats, beats, strict=True)):
            since = f"{beat.name} comes no sooner than {span(beat.earliest)} from the start"
            state(turn, start, -beat.earliest, False, since, [beat], path)
            until = f"{beat.name} comes no later than {span(beat.latest)} from the start"
            state(start, turn, beat.latest, False, until, [beat], path)
            state(start, turn, horizon, False, f"the story ends at {clock} at the latest", [], path)
        for link, path in zip(account.links, links, strict=True):
            one, two = account.beats[link.earlier], account.beats[link.later]
            words = f"{two.name} comes {'after' if link.ordered else 'not before'} {one.name}"
            least = words + (f" by at least {span(link.least)}" if link.least > 0.0 else "")
            state(link.later, link.earlier, -link.least, link.ordered, least, [one, two], path)
            most = f"{two.name} comes at most {span(link.most)} after {one.name}"
            state(link.earlier, link.later, link.most, False, most, [one, two], path)
        for absence, path in zip(account.absences, absences, strict=True):
            bound = max(absence.before, absence.after)
            for turn, beat in enumerate(account.beats):
                if bound < 0 or not _always_is(beat, absence.beat) or turn == bound:
                    continue
                early, late = (bound, turn) if absence.before >= 0 else (turn, bound)
                side = "before" if absence.before >= 0 else "after"
                words = f"{beat.name} must not happen {side} {account.beats[bound].name}"
                state(late, early, 0.0, True, words, [absence.beat, beat, account.beats[bound]], path)
        cycle = contradiction(start + 1, bounds)
        if cycle:
            statements = list(dict.fromkeys(said[bound.tag][0] for bound in cycle))
            about = [beat for bound in cycle for beat in said[bound.tag][1]]
            path = next((said[b.tag][2] for b in reversed(cycle) if said[b.tag][1]), links[0] if links else beats[0])
            self.fault(path, f"account '{account.name}' contradicts itself: {'; '.join(statements)}{_clash(about)}")


def comparison(text: str) -> tuple[str, float]:
    """Return the sign and the number of what a pattern asks of an amount."""
    match = _AMOUNT.match(text)
    assert match is not None
    return match[1], float(match[2])


def _always_is(beat: Beat, forbidden: Beat) -> bool:
    """Return True when whatever tells `beat` is what `forbidden` forbids, within its window."""
    inside = forbidden.earliest <= beat.earliest and beat.latest <= forbidden.latest
    return inside and bool(beat.patterns) and set(beat.patterns) <= set(forbidden.patterns)


def _cited(beat: Beat) -> str:
    return f"{beat.name} ({', '.join(beat.labels)})" if beat.labels else beat.name


def _clash(beats: list[Beat]) -> str:
    labels = list(dict.fromkeys(label for beat in beats for label in beat.labels))
    return f"; the sentences that clash are {', '.join(labels)}" if labels else ""


def _one(kind: int, row: int) -> Ranges:
    reference = kind * refs.ROWS_PER_KIND + row
    return ((reference, reference),)


def _ranges(kind: int, rows: list[int]) -> Ranges:
    """Return rows of one kind as ranges of references, neighbours put together."""
    found: list[tuple[int, int]] = []
    for row in sorted(rows):
        reference = kind * refs.ROWS_PER_KIND + row
        if found and found[-1][1] == reference - 1:
            found[-1] = (found[-1][0], reference)
        else:
            found.append((reference, reference))
    return tuple(found)


_KINDS = {kind.name: kind for kind in ENTRIES}
