"""The section `view:` of a scenario: checked like any other, shown by the page, and without any effect."""

from __future__ import annotations

from importlib import resources

import pytest

import briarpatch as bp
from briarpatch.errors import ScenarioError
from briarpatch.render.page_data import page_data

VAULT = (resources.files("briarpatch") / "scenarios" / "vault.yaml").read_text(encoding="utf-8")
VIEW = """
view:
  factions: { bank_staff: { slot: 3 } }
  people: { manager: { short: Boss, initials: B, icon: key, brief: "You have the key." } }
  places: { bank: { label: above, icon: house } }
"""


def scenario(folder, more):
    file = folder / "vault.yaml"
    file.write_text(VAULT + more, encoding="utf-8")
    return file


def test_a_view_changes_nothing_that_happens(tmp_path):
    plain, shown = bp.run("vault", seed=2), bp.run(scenario(tmp_path, VIEW), seed=2)
    assert [entry.text for entry in shown.log.entries()] == [entry.text for entry in plain.log.entries()]
    assert shown.world.people.tobytes() == plain.world.people.tobytes()


def test_the_page_is_told_what_the_author_says(tmp_path):
    view = page_data(bp.run(scenario(tmp_path, VIEW), seed=2))["view"]
    assert view["factions"] == {"bank_staff": {"slot": 3}}
    assert view["people"]["manager"]["short"] == "Boss"
    assert view["places"]["bank"] == {"label": "above", "icon": "house"}
    assert page_data(bp.run("valley", seed=1))["view"] == {}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("view: { people: { manger: { short: X } } }", "'manger' is none of the people of this scenario; did you mean"),
        ("view: { people: { manager: { initials: abc } } }", "initials: string should have at most 2 characters"),
        ("view: { places: { bank: { icon: skull } } }", "icon: input should be 'anchor', 'book'"),
        ("view: { factions: { bank_staff: { slot: 9 } } }", "slot"),
        ("view: { ships: {} }", "ships"),
    ],
)
def test_what_a_view_names_is_checked(tmp_path, more, words):
    with pytest.raises(ScenarioError) as error:
        bp.run(scenario(tmp_path, more))
    assert words in str(error.value)
    assert "vault.yaml:" in str(error.value)
