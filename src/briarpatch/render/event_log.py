"""Chronicles as event logs in XES (IEEE 1849-2016), which programs for process mining read.

A run is a trace, an entry an event. The name of an event is the rule, the event or the answer that the scenario names; of
any other entry, its kind. Story time begins on 1 January 2000, at the scenario's time of day, since XES wants dates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from ..files import whole_file
from ..world import kinds

if TYPE_CHECKING:
    from ..chronicle import Chronicle

FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EXTENSIONS = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
)
_OF_SUBJECT, _OF_OBJECT = (kinds.RULE,), (kinds.MARKED, kinds.CHOSE, kinds.ENDED)


def write_event_log(traces: Iterable[tuple[str, int, Chronicle]], path: Path) -> None:
    """Write runs as an event log, whole or not at all.

    Args:
        traces: (name, seed, chronicle) of each run; may be made as it is asked for.
        path: the file.
    """
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        out = _Writer(file)
        out.begin("log", **{"xes.version": "1849-2016", "xes.features": "", "xmlns": "http://www.xes-standard.org/"})
        for name, prefix, uri in _EXTENSIONS:
            out.alone("extension", name=name, prefix=prefix, uri=uri)
        out.begin("global", scope="trace")
        out.value("concept:name", "name")
        out.end("global")
        out.begin("global", scope="event")
        out.value("concept:name", "name")
        out.time("time:timestamp", FIRST_DAY)
        out.end("global")
        out.alone("classifier", name="Activity", keys="concept:name")
        for name, seed, log in traces:
            out.trace(name, seed, log)
        out.end("log")
        out.done()


class _Writer:
    """Writes the elements of XES one after the other, so that a log may be larger than memory."""

    def __init__(self, file: object) -> None:
        self.xml = XMLGenerator(file, "utf-8", short_empty_elements=True)  # type: ignore[arg-type]
        self.xml.startDocument()

    def begin(self, element: str, **attributes: str) -> None:
        self.xml.startElement(element, AttributesImpl(attributes))

    def end(self, element: str) -> None:
        self.xml.endElement(element)
        self.xml.ignorableWhitespace("\n")

    def alone(self, element: str, **attributes: str) -> None:
        self.begin(element, **attributes)
        self.end(element)

    def value(self, key: str, value: str | int | float | None) -> None:
        """Write an attribute of XES; nothing for nothing."""
        if value is None or value == "":
            return
        if isinstance(value, str):
            self.alone("string", key=key, value=_UNWRITABLE.sub("", value))
        elif isinstance(value, int):
            self.alone("int", key=key, value=str(value))
        elif math.isfinite(value):
            self.alone("float", key=key, value=repr(value))

    def time(self, key: str, moment: datetime) -> None:
        self.alone("date", key=key, value=moment.isoformat(timespec="milliseconds"))

    def trace(self, name: str, seed: int, log: Chronicle) -> None:
        """Write a run."""
        begins = FIRST_DAY + timedelta(seconds=log.scenario.start_hour)
        names = log.scenario.names
        self.begin("trace")
        self.value("concept:name", name)
        self.value("briarpatch:seed", str(seed))  # which may be larger than an int of XES
        for entry in log.entries():
            kind = log.kinds[entry.number]
            named = log.subjects if kind in _OF_SUBJECT else log.objects if kind in _OF_OBJECT else None
            activity = names.label(int(named[entry.number])) if named is not None else ""
            self.begin("event")
            self.value("concept:name", activity or entry.kind)
            self.time("time:timestamp", begins + timedelta(seconds=entry.time))
            self.value("org:resource", entry.subject)
            self.value("lifecycle:transition", "complete")
            self.value("briarpatch:kind", entry.kind)
            self.value("briarpatch:object", entry.object)
            self.value("briarpatch:place", entry.place)
            self.value("briarpatch:amount", float(entry.amount))
            self.value("briarpatch:number", int(entry.number))
            self.value("briarpatch:causes", " ".join(map(str, entry.causes)))
            self.value("briarpatch:text", entry.text)
            self.end("event")
        self.end("trace")

    def done(self) -> None:
        self.xml.endDocument()
