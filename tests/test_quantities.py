"""Quantities: one grammar wherever one is written; whatever is not in it is refused, and the rest is read exactly."""

import contextlib
import math
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from briarpatch import units
from briarpatch.errors import RequestError, ScenarioError
from briarpatch.run import seconds
from briarpatch.scenario.catalog import load_scenario, load_text
from briarpatch.units import UnitError, parse, quantity, split
from plays import FOLK, STAGE, scene

CASES = Path(__file__).parent / "cases"

# ------------------------------------------------------------------------------------------------ an independent reading

LENGTHS = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1),
    **dict.fromkeys(("km", "kilometer", "kilometers", "kilometre", "kilometres"), constants.kilo),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), constants.centi),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), constants.milli),
    **dict.fromkeys(("mi", "mile", "miles"), constants.mile),
    **dict.fromkeys(("nmi", "nautical_mile", "nautical_miles"), constants.nautical_mile),
    **dict.fromkeys(("au", "AU", "astronomical_unit", "astronomical_units"), constants.au),
    **dict.fromkeys(("ls", "light_second", "light_seconds"), constants.c),
    **dict.fromkeys(("ly", "light_year", "light_years"), constants.light_year),
}
TIMES = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), constants.minute),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), constants.hour),
    **dict.fromkeys(("d", "day", "days"), constants.day),
    **dict.fromkeys(("week", "weeks"), constants.week),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), constants.Julian_year),
    **dict.fromkeys(("century", "centuries"), 100 * constants.Julian_year),
}
MASSES = {
    **dict.fromkeys(("kg", "kilogram", "kilograms"), 1),
    **dict.fromkeys(("g", "gram", "grams"), constants.gram),
    **dict.fromkeys(("t", "tonne", "tonnes"), constants.metric_ton),
}
DOSES = {
    **dict.fromkeys(("Gy", "gray", "grays"), 1),
    **dict.fromkeys(("mGy", "milligray", "milligrays"), constants.milli),
    **dict.fromkeys(("uGy", "microgray", "micrograys"), constants.micro),
}
COMPOUND = {
    **{word: (size, (2, -3, 1, 0)) for word, size in (("W", 1), ("watt", 1), ("watts", 1), ("kW", 1e3), ("MW", 1e6))},
    **dict.fromkeys(("kilowatt", "kilowatts"), (1000.0, (2, -3, 1, 0))),
    **dict.fromkeys(("megawatt", "megawatts"), (1000000.0, (2, -3, 1, 0))),
    **{
        word: (Fraction(1000, 3600), (1, -1, 0, 0))
        for word in ("kph", "kmh", "kilometer_per_hour", "kilometers_per_hour")
    },
    **{word: (Fraction(1852, 3600), (1, -1, 0, 0)) for word in ("kn", "knot", "knots")},
    **dict.fromkeys(("ha", "hectare", "hectares"), (constants.hectare, (2, 0, 0, 0))),
    **{word: (Fraction(1, 100), (0, 0, 0, 0)) for word in ("%", "percent", "pct")},
}
KNOWN = {
    word: (Fraction(str(size)), tuple(int(k == axis) for k in range(4)))
    for axis, table in enumerate((LENGTHS, TIMES, MASSES, DOSES))
    for word, size in table.items()
} | {word: (Fraction(size), powers) for word, (size, powers) in COMPOUND.items()}

MEASURED = {
    (0, 0, 0, 0): "number",
    (1, 0, 0, 0): "length",
    (0, 1, 0, 0): "time",
    (1, -1, 0, 0): "speed",
    (1, -2, 0, 0): "acceleration",
    (0, 0, 1, 0): "mass",
    (2, 0, 0, 0): "area",
    (0, -1, 0, 0): "rate",
    (-1, 0, 0, 0): "attenuation",
    (0, 0, 0, 1): "dose",
    (0, -1, 0, 1): "dose_rate",
    (2, -3, 1, 0): "power",
    (3, -1, 0, 0): "scan_rate",
    (1, 0, 0, 1): "fluence",
}


class Reader:
    """Reads a quantity character by character; `value` is exact, None for what is no quantity."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def blanks(self) -> None:
        while self.peek() and self.peek() in " \t\n\r":
            self.at += 1

    def digits(self) -> str:
        start = self.at
        while self.peek() and self.peek() in "0123456789":
            self.at += 1
        return self.text[start : self.at]

    def take(self, *wanted: str) -> str:
        found = self.peek() if self.peek() in wanted else ""
        self.at += len(found)
        return found

    def number(self) -> Fraction | None:
        sign = -1 if self.take("+", "-") == "-" else 1
        whole, point = self.digits(), self.take(".")
        part = self.digits() if point else ""
        if not whole + part:
            return None
        value = Fraction(int(whole + part), 10 ** len(part))
        plain, mark = not point, self.at
        if self.take("e", "E"):
            minus = self.take("+", "-") == "-"
            power = self.digits()
            if power:
                value *= Fraction(10) ** (-int(power) if minus else int(power))
                plain = False
            else:
                self.at = mark
        mark = self.at
        if self.take("/"):
            below = self.digits()
            if below and (not plain or int(below) == 0):
                return None
            if below:
                value /= int(below)
            else:
                self.at = mark
        return sign * value

    def factor(self) -> tuple[Fraction, tuple[int, ...]] | None:
        start = self.at
        if not self.take("%"):
            while self.peek() and (self.peek().isascii() and (self.peek().isalpha() or self.peek() == "_")):
                self.at += 1
        known = KNOWN.get(self.text[start : self.at])
        power = 1
        if self.take("^"):
            minus = self.take("-")
            found = self.digits()
            if len(found) != 1:
                return None
            power = -int(found) if minus else int(found)
        return None if known is None else (known[0] ** power, tuple(power * one for one in known[1]))

    def read(self) -> tuple[Fraction, str] | None:
        self.blanks()
        value = self.number()
        if value is None:
            return None
        self.blanks()
        powers = (0, 0, 0, 0)
        sign, first = self.take("/"), True
        while self.at < len(self.text) or sign:
            self.blanks()
            factor = self.factor()
            if factor is None:
                return None
            turned = -1 if sign == "/" else 1
            value *= factor[0] ** turned
            powers = tuple(a + turned * b for a, b in zip(powers, factor[1], strict=True))
            self.blanks()
            sign, first = self.take("*", "/"), False
            if self.at < len(self.text) and not sign:
                return None
        del first
        return (value, MEASURED[powers]) if powers in MEASURED else None


def agree(text):
    """Assert that the program reads a text as the reader above does, or refuses it as that does."""
    expected = Reader(text).read() if len(text) <= 80 else None
    try:
        value, dimension = parse(text)
    except UnitError:
        assert expected is None or abs(expected[0]) > 1e300, text
        return
    assert expected is not None, text
    assert dimension == expected[1], text
    assert math.isclose(value, float(expected[0]), rel_tol=1e-14, abs_tol=1e-300), text


signs = st.sampled_from(["", "-", "+"])
whole = st.integers(0, 10**9).map(str)
decimal = st.tuples(whole, st.sampled_from(["", ".", ".5", ".25", ".0001"])).map("".join)
power_of_ten = st.integers(-30, 30).map(lambda n: f"e{n}") | st.just("")
number = st.tuples(signs, decimal, power_of_ten).map("".join) | st.tuples(signs, whole, st.just("/"), whole).map(
    "".join
)
blanks = st.sampled_from(["", " ", "  "])
word = st.sampled_from(sorted(KNOWN)) | st.text("abcdefghkmnrsty_", min_size=1, max_size=5)
power = st.sampled_from(["", "", "^2", "^-1", "^3", "^0", "^10", "^-", "^2.5"])
factor = st.tuples(word, power).map("".join)
joint = st.sampled_from(["*", "/", " * ", " / ", " ", "-", "**", ""])
product = st.lists(st.tuples(joint, factor).map("".join), max_size=3).map("".join)
written = st.tuples(blanks, number, blanks, st.sampled_from(["", "/"]) | factor, product, blanks).map("".join)
alphabet = st.text("0123456789.eE+-/*^% hkmdsGyW_(),\t²½٣", max_size=14)


@given(written)
def test_what_looks_like_a_quantity_is_read_exactly_or_refused(text):
    agree(text)


@given(alphabet)
def test_any_text_is_read_exactly_or_refused(text):
    agree(text)


@pytest.mark.parametrize("word", sorted(units.WORDS))
def test_every_word_for_a_unit_is_what_its_standard_says(word):
    assert set(units.WORDS) == set(KNOWN)
    agree(f"1 {word}")
    agree(f"3 {word}^-1")


# ------------------------------------------------------------------------------------------------ one and nothing else

REFUSED = [
    *(
        "2 1/2 h",
        "1 h 30",
        "2..4 h",
        "8-9 km",
        "10 00 h",
        "40 50",
        "5 km-m",
        "1 h 30 min",
        "1,5 h",
        "10_000 s",
        "10'000 s",
    ),
    *("5 (m)", "5 m m", "5 m**2", "1 m^2.5", "9^99^99", "1 9**9", "3 1/s", "1/0 h", "1.5/2 h", "1/-2 h", "- 3 km"),
    *(
        "km",
        "h 3",
        "0x10 m",
        "inf s",
        "nan",
        "1e400 m",
        "٣ h",
        "5 km²",
        "½ h",
        "5 kms",
        "1 h;",
        "2 + 3 h",
        "1 kkm",
        "5 /",
        "5 m/",
    ),
]
READ = {
    "1/2 h": (1800.0, "time"),
    "-3 km": (-3000.0, "length"),
    "1e-6": (1e-6, "number"),
    "50 %": (0.5, "number"),
    "5 %/h": (0.05 / 3600.0, "rate"),
    "0.01 m^-1": (0.01, "attenuation"),
    "1/2/h": (0.5 / 3600.0, "rate"),
    " 20 km ": (20_000.0, "length"),
    "9.8 m / s^2": (9.8, "acceleration"),
    "3 Gy*m": (3.0, "fluence"),
    "2 m^3/m/s": (2.0, None),
    "6 km^2/km": (6000.0, "length"),
    "-0": (0.0, "number"),
    "5.": (5.0, "number"),
    ".5 m": (0.5, "length"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_quantity_is_refused_wherever_one_is_read(text):
    with pytest.raises(UnitError):
        parse(text)
    with pytest.raises(UnitError):
        split(text)
    with pytest.raises(RequestError):
        seconds(text)  # --until and --at
    quoted = text.replace("'", "''")
    with pytest.raises(ScenarioError):
        load_text(f"scenario: {{ title: a, until: '{quoted}' }}\n{STAGE}{FOLK}")
    with pytest.raises(ScenarioError, match="until"):
        scene("", overrides={"scenario.until": text})  # --set
    if "'" not in text:
        with pytest.raises(ScenarioError):
            scene(f"""rules: {{ it: {{ when: 'time() > "{text}"' }} }}""")
    with pytest.raises(ScenarioError):
        scene(
            'rules: { rain: { when: "true", rate: 1/h, once: true } }\nuncertain:\n'
            f"  x: {{ path: rules.rain.rate, low: '{quoted}', high: 5/h, basis: assumed }}"
        )


@pytest.mark.parametrize("text", READ)
def test_what_is_a_quantity_is_read(text):
    value, dimension = READ[text]
    if dimension is None:
        agree(text)
        return
    assert parse(text) == (pytest.approx(value, rel=1e-15), dimension)
    assert quantity(text, dimension) == pytest.approx(value, rel=1e-15)
    agree(text)


def test_more_than_one_number_is_said_with_its_remedy():
    for text in ("2 1/2 h", "1 h 30 min", "8-9 km", "10 00 h"):
        with pytest.raises(UnitError, match=r"has more than one number; write one, such as '1.5 h' or '90 min'"):
            parse(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("1,000 m", "has thousands separators or a decimal comma and is not read; write '1000 m' or '1.000 m'"),
        ("1,000,000 m", "has thousands separators and is not read; write '1000000 m'"),
        ("-1 000 m", "has thousands separators and is not read; write '-1000 m'"),
        ("1_000 km/h", "has thousands separators and is not read; write '1000 km/h'"),
        ("1'000 m", "has thousands separators and is not read; write '1000 m'"),
        ("1.000.000 m", "has thousands separators and is not read; write '1000000 m'"),
        ("1,000.5 m", "has thousands separators and is not read; write '1000.5 m'"),
        ("1.000,5 m", "has thousands separators and is not read; write '1000.5 m'"),
        ("1,5 h", "has a decimal comma and is not read; write '1.5 h'"),
        *((text, "exponents are whole numbers") for text in ("5 m^0.5", "5 m^1/2", "5 m**2.5", "1e3.5 m", "5 m^(1/2)")),
        *((text, "has a power of a number") for text in ("2**3 m", "2^3 m", "10^3 m", "1.5 ** 2 h")),
        *((text, "write it after '^'") for text in ("5 m**2", "5 m s-1", "5 m^(2)", "5 m^+2")),
        ("5 m^10", "powers from -9 to 9"),
        ("", "a blank text is not a quantity"),
        ("  ", "a blank text is not a quantity"),
    ],
)
def test_what_is_wrong_with_a_quantity_is_said_with_its_remedy(text, wrong):
    with pytest.raises(UnitError, match=re.escape(wrong)) as said:
        parse(text)
    for remedy in re.findall(r"'([^']+)'", str(said.value).partition("and is not read; write ")[2]):
        parse(remedy)


marked = st.tuples(
    st.integers(1, 999), st.lists(st.integers(0, 999), min_size=1, max_size=4), st.sampled_from(",'’_ .\u00a0")
)


@given(marked)
def test_a_number_with_thousands_separators_has_a_remedy_that_is_the_number(parts):
    first, groups, mark = parts
    if mark == "." and len(groups) == 1:
        return  # 1.000 is one
    wanted = int("".join([str(first), *(f"{one:03}" for one in groups)]))
    with pytest.raises(UnitError, match="thousands separators") as said:
        parse(mark.join([str(first), *(f"{one:03}" for one in groups)]) + " km")
    assert parse(re.findall(r"write '([^']+)'", str(said.value))[0]) == (wanted * 1000.0, "length")


def test_each_quantity_of_the_file_that_counted_on_arithmetic_is_a_fault():
    with pytest.raises(ScenarioError) as wrong:
        load_scenario(CASES / "quantity_arithmetic.yaml")
    found = [fault.message for fault in wrong.value.faults if "number" in fault.message or "unit" in fault.message]
    assert len(found) == 5, found


def test_reading_a_quantity_takes_no_long_time_whatever_it_says():
    for text in (
        "1" * 79,
        "1 " + "m*" * 38 + "m",
        "1 " + "ly^9*" * 15,
        "1" + " " * 78,
        "1e" + "9" * 70,
        "1 " + "m^9" * 20,
    ):
        with contextlib.suppress(UnitError):
            parse(text)
