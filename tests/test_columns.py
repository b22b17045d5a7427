"""Lines keep to a number of terminal columns in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import briarpatch as bp
from briarpatch.columns import columns, cut, left, right, wrap
from briarpatch.telling import plain
from briarpatch.views import cli

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=80)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("dam", 3),
        ("φράγμα", 6),
        ("السد", 4),
        ("堤防", 4),
        ("e\u0301", 1),
        ("👩‍🚒", 2),
        ("🇩🇪", 2),
        ("❤️", 2),
        ("👍🏽", 2),
        ("한국", 4),
        ("🏻", 2),
        (" 🏻", 3),
        ("✍🏽", 2),
        ("🏳️\u200d🌈", 2),
        ("👩\u200d ", 3),
        (" \ufe0f", 1),
    ],
)
def test_columns_are_those_of_a_terminal(text, size):
    assert columns(text) == size


@given(texts, st.integers(8, 60))
def test_wrapped_lines_keep_to_the_width_and_lose_nothing(text, width):
    lines = wrap(text, width, "  ", "    ")
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


marks = st.text(st.sampled_from("a ✍❤👩堤🇩🏻\u0301\u200d\ufe0f…"), max_size=8)


@given(texts | marks, st.integers(1, 60))
def test_what_is_cut_and_filled_has_its_size(text, size):
    short = cut(text, size)
    assert columns(short) <= size
    assert columns(left(short, size)) == columns(right(short, size)) == size


def test_japanese_breaks_between_characters_and_never_before_a_full_stop():
    lines = wrap("堤防に亀裂が走った。村長は鐘を鳴らした。", 13)
    assert len(lines) > 2
    assert all(line[0] not in "。、" for line in lines)


def test_joined_letters_and_joined_emoji_stay_joined():
    for text in ("می\u200cخواهم", "👩\u200d🚒", "क्\u200dष"):
        assert plain(text) == text


WORDS = {
    "greek": ("ο φύλακας", "οι χωρικοί", "Το φράγμα ράγισε", "όλοι σώθηκαν"),
    "arabic": ("الحارس", "القرويون", "تصدّع السد", "نجا الجميع"),
    "japanese": ("番人", "村人たち", "堤防に亀裂が走った", "皆が助かった"),
    "emoji": ("👩‍🚒", "🐑🐑🐑", "🌊 rose", "all 🙂"),
    "marks": ("g\u0303uard", "n\u0303andu\u0301s", "A\u030angstro\u0308m fell", "s\u030caved"),
    "hebrew": ("השומר", "הכפריים", "הסכר נסדק", "כולם ניצלו"),
}
TEXT = """
scenario: {{title: "{rule}", until: 5 h}}
maps: {{valley: {{}}}}
places: {{dam: {{told: "{person}", map: valley, at: [0 m, 0 m]}}}}
factions: {{folk: {{told: "{crowd}"}}}}
people: {{keeper: {{told: "{person}", faction: folk, place: dam}}}}
crowds: {{villagers: {{told: "{crowd}", count: 9, faction: folk, place: dam}}}}
facts: {{crack: {{told: "{rule}"}}}}
rules:
  crack: {{told: "{rule}", when: 'time() >= "1 h"', do: [learn: {{who: keeper, fact: crack}}, kill: {{who: villagers}}]}}
endings: {{saved: {{told: "{ending}"}}}}
measures: {{dead: {{told: "{crowd}", value: "count(villagers, dead)"}}}}
"""


@pytest.mark.parametrize("script", WORDS)
def test_words_of_every_script_come_out_whole_in_terminal_and_files(script, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    words = dict(zip(("person", "crowd", "rule", "ending"), WORDS[script], strict=True))
    (tmp_path / "dam.yaml").write_text(TEXT.format(**words), encoding="utf-8")
    run = bp.run("dam.yaml", seed=1)
    told = " ".join(run.tell(60).split())
    for one in words.values():
        assert one[1:] in told or one.replace(" ", "")[1:] in told.replace(" ", "")
    assert run.chronicle["subject"].drop_nulls().to_list().count("villagers #9") == 1
    for command in (
        ["run", "dam.yaml", "--seed", "1", "--out", "r"],
        ["show", "r", "--people"],
        ["why", "r", "ending"],
    ):
        assert cli.main(command) == 0
        out = capsys.readouterr().out
        assert max(map(columns, out.splitlines())) <= 80
        assert "\ufffd" not in out
    again = bp.load("r")
    assert again.tell(60) == run.tell(60)
