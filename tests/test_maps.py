"""Maps of the Earth: positions, lengths, what a plane gets wrong, GeoJSON in and out, and what is drawn beneath."""

import itertools
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

import briarpatch as bp
from briarpatch.errors import RequestError, ScenarioError
from briarpatch.render import backdrop, scenario_map
from briarpatch.render.map_geojson import geojson as out
from briarpatch.render.page_data import page_data, to_json
from briarpatch.scenario.catalog import load_scenario, load_text
from briarpatch.scenario.earth import Projection, distortion
from briarpatch.scenario.geojson import MOST_FEATURES, MOST_POINTS
from briarpatch.scenario.schema import OnEarth

# Karney, C. F. F. 2010: Test set for geodesics (GeodTest.dat, doi 10.5281/zenodo.32156), lines that GeographicLib's own
# tests take from it: latitude, longitude and azimuth [degree] at both ends, and the length [m].
GEODESICS = [
    (35.60777, -139.44815, 111.098748429560326, -11.17491, -69.95921, 129.289270889708762, 8935244.5604818305),
    (55.52454, 106.05087, 22.020059880982801, 77.03196, -162.81766, 109.112041110671519, 4105086.1713924406),
    (-21.97856, 142.59065, -32.44456876433189, 41.84138, 98.56635, -41.84359951440466, 8394328.894657671),
    (-50.56724, -16.30485, -105.439679907590164, -33.56571, -94.97412, -47.348547835650331, 6455670.5118668696),
    (-68.82867, -74.28391, 93.774347763114881, -50.63005, -8.36685, 34.65564085411343, 3956936.926063544),
    (-19.79938, -174.47484, 71.167275780171533, -11.99349, -154.35109, 65.589099775199228, 2319004.8601169389),
    (-41.22777, 122.32875, 14.285113402275739, -7.57291, 130.37946, 10.805303085187369, 3812686.035106021),
]

TEXT = """
scenario: {{ title: A coast, until: 3 d }}
maps: {{ coast: {{ earth: {centre}{more} }} }}
places:
  town: {{ told: the town, map: coast, at: {town} }}
  mill: {{ told: the mill, map: coast, at: {mill} }}
routes: {{ road: {{ told: the road, start: town, end: mill }} }}
factions: {{ folk: {{ told: the folk }} }}
people: {{ walker: {{ told: the walker, faction: folk, place: town }} }}
crowds: {{ flock: {{ told: the flock, count: 2, faction: folk, place: town }} }}
rules: {{ go: {{ told: They went, do: [evacuate: {{ who: flock, along: road }}] }} }}
endings: {{ over: {{ told: it was over }} }}
measures: {{ apart: {{ told: how far it is, value: 'distance(walker, mill) / km' }} }}
"""


def at(latitude, longitude):
    return f"{{ latitude: {latitude!r}, longitude: {longitude!r} }}"


def text(town=(54.3, 10.1), mill=(54.78, 9.43), centre=(54.5, 9.8), more=""):
    as_written = {"town": town, "mill": mill, "centre": centre}
    return TEXT.format(more=more, **{k: v if isinstance(v, str) else at(*v) for k, v in as_written.items()})


def faults(found, **given):
    with pytest.raises(ScenarioError) as wrong:
        load_scenario(found, **given) if isinstance(found, Path) else load_text(found)
    return "\n".join(map(str, wrong.value.faults))


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, indent=1)


def feature(shape, coordinates, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": coordinates}}


def folder(tmp_path, scenario=None, **files):
    for name, content in files.items():
        (tmp_path / f"{name}.geojson").write_text(content)
    file = tmp_path / "coast.yaml"
    file.write_text(scenario or text())
    return file


# ------------------------------------------------------------------------------------------- positions and lengths


@pytest.mark.parametrize("line", GEODESICS, ids=lambda line: f"{line[6] / 1000:.0f}km")
def test_published_geodesics(line):
    latitude, longitude, azimuth, latitude1, longitude1, _, length = line
    plane = Projection(OnEarth(latitude, longitude))
    x, y = plane.point(OnEarth(latitude1, longitude1))
    assert math.hypot(x, y) == pytest.approx(length, abs=1e-6)
    assert math.degrees(math.atan2(x, y)) == pytest.approx(azimuth, abs=1e-11)
    back = Projection(OnEarth(latitude, longitude)).on_earth((x, y))
    assert back == pytest.approx((latitude1, longitude1), abs=1e-11)


@pytest.mark.parametrize("line", GEODESICS[-2:], ids=lambda line: f"{line[6] / 1000:.0f}km")
def test_the_length_of_a_route_is_that_of_the_published_geodesic(line):
    ends = {"town": line[:2], "mill": line[3:5]}
    off = load_text(text(**ends, centre=(line[0] + 3.0, line[1] - 3.0)))
    assert float(off.program.legs["length"].sum()) == pytest.approx(line[6], abs=1e-3)
    assert math.dist(*(place.at for place in off.document.places.values())) > line[6] * 1.0001


def test_a_distance_in_a_condition_is_that_of_the_plane():
    town, mill, centre = (54.3, 10.1), (54.78, 9.43), (54.5, 9.8)
    run = bp.run(load_text(text(town, mill, centre)), seed=1)
    [asked] = run.measures.values()
    plane = Projection(OnEarth(*centre))
    assert asked == pytest.approx(math.dist(plane.point(OnEarth(*town)), plane.point(OnEarth(*mill))) / 1000, abs=1e-9)
    true = Geodesic.WGS84.Inverse(*town, *mill)["s12"] / 1000
    assert true < asked < true * (1.0 + 1e-5)


def test_a_scenario_on_planes_imports_no_geodesics():
    code = "import sys, briarpatch as bp; bp.load_scenario('valley'); print('geographiclib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


# ------------------------------------------------------------------------------------------------------ distortion


SPOTS = st.tuples(st.floats(-80.0, 80.0), st.floats(-179.0, 179.0)).map(lambda spot: OnEarth(*spot))


def around(centre):
    """Return positions within some 1,500 km of a centre."""
    ways = st.tuples(st.floats(0.0, 360.0), st.floats(0.0, 1.5e6))
    return st.lists(ways, min_size=2, max_size=9).map(
        lambda found: [
            OnEarth(line["lat2"], line["lon2"]) for line in (Geodesic.WGS84.Direct(*centre, *way) for way in found)
        ]
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_worst_distance_is_found_and_none_is_shorter_than_it_is(data):
    centre = data.draw(SPOTS)
    plane = Projection(centre)
    spots = {f"p{n}": plane.point(spot) for n, spot in enumerate(data.draw(around(centre)))}
    shares = []
    for (_, a), (_, b) in itertools.combinations(spots.items(), 2):
        true = plane.length(a, b)
        assert math.dist(a, b) >= true * (1.0 - 1e-9) - 1e-6
        if true > 1.0:
            shares.append(math.dist(a, b) / true - 1.0)
    found = distortion(plane, spots)
    if max(shares, default=0.0) > 1e-4:
        assert found.share == pytest.approx(max(shares), rel=1e-3)


@pytest.mark.parametrize("away", [480.0, 510.0])
def test_check_asks_from_a_tenth_of_a_percent_on(away):
    """Across the way to a place at the angle c from the centre, lengths are c / sin c of what they are."""
    line = [Geodesic.WGS84.Direct(54.5, 9.8, azimuth, away * 1000.0) for azimuth in (90.0, 92.0)]
    ends = [(found["lat2"], found["lon2"]) for found in line]
    asked = [one for one in load_text(text(*ends)).warnings if one.rule == "distorted"]
    c = away / 6371.0
    share = c / math.sin(c) - 1.0
    assert bool(asked) == (share > 1e-3)
    if asked:
        said = re.search(r"'town' and 'mill' ([0-9.]+)% further apart", asked[0].message)
        assert float(said[1]) == pytest.approx(100.0 * share, abs=0.01)
        assert "'earth: { latitude: 54." in asked[0].message
        assert asked[0].place.line == 3


# ----------------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("given", "line", "said"),
    [
        ({"town": (95.0, 10.1)}, 5, "at has the latitude 95; degrees go from -90 to 90: it looks swapped with the longitude"),
        ({"town": (95.0, 100.0)}, 5, "at has the latitude 95; degrees go from -90 to 90"),
        ({"town": (54.3, 200.0)}, 5, "at has the longitude 200; degrees go from -180 to 180: write -160"),
        ({"town": (10.1, 54.3)}, 5, "latitude and longitude look swapped: write { latitude: 54.3, longitude: 10.1 }"),
        ({"town": "{ lat: 54.3, lon: 10.1 }"}, 5, "write a latitude and a longitude in degrees"),
        ({"town": "{ latitude: north, longitude: 10.1 }"}, 5, "wants 'latitude' as a number of degrees, got 'north'"),
        ({"town": "{ latitude: true, longitude: 10.1 }"}, 5, "wants 'latitude' as a number of degrees"),
        ({"town": "[3 km, 4 km]"}, 5, "map 'coast' is of the Earth: write a latitude and a longitude"),
        ({"centre": (95.0, 1.0)}, 3, "earth has the latitude 95"),
        ({"centre": "true"}, 3, "earth is a point of the Earth; write a latitude and a longitude"),
        ({"more": ", regions: { bay: { at: [1 km, 2 km] } }"}, 3, "map 'coast' is of the Earth"),
        ({"more": ", backdrop: none.geojson"}, 3, "'none.geojson' is not there; it must be a .geojson file beside this one"),
        ({"more": ", file: none.csv"}, 3, "file wants the name of a .geojson file beside this one, got 'none.csv'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_position_has_its_place_and_its_remedy(given, line, said):
    found = faults(text(**given))
    assert said in found
    assert f":{line}:" in found.splitlines()[0]


@pytest.mark.parametrize("where", ["town", "road", "bay"])
def test_a_latitude_on_a_plane_is_refused(where):
    spots = {name: at(54.3, 10.1) if name == where else "[1 km, 2 km]" for name in ("town", "road", "bay")}
    found = faults(
        "scenario: { title: T, until: 1 h }\n"
        f"maps: {{ land: {{ regions: {{ bay: {{ at: {spots['bay']} }} }} }} }}\n"
        f"places: {{ town: {{ map: land, at: {spots['town']} }}, mill: {{ map: land, at: [3 km, 0 km] }} }}\n"
        f"routes: {{ road: {{ start: town, end: mill, by: [{{ at: {spots['road']} }}] }} }}\n"
        "endings: { over: { told: over } }\n"
    )
    said = "a latitude and a longitude are for a map of the Earth; write 'earth: { latitude: 54.3, longitude: 10.1 }' on map"
    assert said in found
    assert len(found.splitlines()) == 1


def test_a_file_of_latitudes_wants_a_map_of_the_earth(tmp_path):
    scenario = text().replace("earth: { latitude: 54.5, longitude: 9.8 }", "file: more.geojson")
    found = faults(folder(tmp_path, scenario, more=collection(feature("Point", [10, 54], name="barn"))))
    assert "coast.yaml:3:" in found
    assert "this map is a plane; say about which point of the Earth it is drawn" in found


# --------------------------------------------------------------------------------------------------------- GeoJSON in


def test_places_and_routes_come_from_a_file(tmp_path):
    road = [[10.1, 54.3], [10.0, 54.4], [9.9, 54.45, 12.0], [9.9312, 54.5]]
    content = collection(
        feature("LineString", road, name="North road", surface="gravel"),
        feature("Point", [9.9312, 54.5], name="Mäder's Barn", height=3, cover=7),
        feature("Point", [9.43, 54.78], name="hut", kind="place", cover=0.25, told="the hut"),
        feature("LineString", [[9.8, 54.2], [9.9, 54.2]], name="bay", kind="area", radius="2 km", blackout=True),
    )
    found = load_scenario(folder(tmp_path, text(more=", file: more.geojson"), more=content))
    places, plane = found.document.places, Projection(found.document.maps["coast"].earth)
    assert list(places) == ["town", "mill", "mader_s_barn", "hut"]
    assert places["mader_s_barn"].told == "Mäder's Barn"
    assert places["mader_s_barn"].cover == 1.0  # a property of somebody else's file
    assert (places["hut"].cover, places["hut"].told) == (0.25, "the hut")
    assert plane.on_earth(places["mader_s_barn"].at) == pytest.approx((54.5, 9.9312), abs=1e-12)
    route = found.document.routes["north_road"]
    assert (route.start, route.end, len(route.by)) == ("town", "mader_s_barn", 2)
    row = found.names.rows["route"]["north_road"]
    legs = found.program.legs[found.program.legs["route"] == row]
    length = sum(Geodesic.WGS84.Inverse(a[1], a[0], b[1], b[0])["s12"] for a, b in itertools.pairwise(road))
    assert float(legs["length"].sum()) == pytest.approx(length, abs=1e-6)
    [bay] = found.document.maps["coast"].regions.values()
    assert (bay.radius, bay.blackout) == (2000.0, True)


@pytest.mark.parametrize("kind", ["coast", ["place"], {}, None])
def test_what_another_program_says_is_left_alone(tmp_path, kind):
    hut = feature("Point", [9.9, 54.5], name="hut", kind=kind, cover="grass", map="sheet 12", found=True)
    found = load_scenario(folder(tmp_path, text(more=", file: more.geojson"), more=collection(hut)))
    assert found.document.places["hut"].cover == 1.0


@pytest.mark.parametrize("number", [".inf", ".nan", "200"])
def test_a_faulty_position_beside_a_file_is_said_once(tmp_path, number):
    scenario = text(town=f"{{ latitude: 54.3, longitude: {number} }}", more=", file: more.geojson")
    found = faults(folder(tmp_path, scenario, more=collection(feature("Point", [9.9, 54.5], name="barn"))))
    assert "coast.yaml:5:" in found
    assert len(found.splitlines()) == 1


def test_a_scenario_says_more_of_a_place_of_the_file(tmp_path):
    scenario = text(more=", file: more.geojson").replace("routes:", "  barn: { cover: 0.5 }\nroutes:")
    file = folder(tmp_path, scenario, more=collection(feature("Point", [9.9, 54.5], name="barn")))
    assert load_scenario(file).document.places["barn"].cover == 0.5
    moved = load_scenario(file, overrides={"places.barn.at.latitude": "54.6"})
    plane = Projection(moved.document.maps["coast"].earth)
    assert plane.on_earth(moved.document.places["barn"].at) == pytest.approx((54.6, 9.9), abs=1e-9)
    twice = scenario.replace("barn: { cover: 0.5 }", "barn: { at: { latitude: 54.5, longitude: 9.9 } }")
    assert "more.geojson:4:3 feature 1: 'barn' has 'at' in the scenario too; keep one" in faults(
        folder(tmp_path, twice)
    )


def test_two_files_of_one_line_are_both_read(tmp_path):
    files = ", file: more.geojson, backdrop: beneath.geojson"
    content = collection(feature("Point", [9.9, 54.5], name="barn"))
    found = load_scenario(folder(tmp_path, text(more=files), more=content, beneath=collection()))
    assert set(found.files) == {"coast.yaml", "more.geojson", "beneath.geojson"}


def test_a_saved_run_holds_the_files(tmp_path):
    file = folder(
        tmp_path, text(more=", file: more.geojson"), more=collection(feature("Point", [9.9, 54.5], name="barn"))
    )
    bp.run(load_scenario(file), seed=1).save(tmp_path / "run")
    file.unlink()
    (tmp_path / "more.geojson").unlink()
    assert "barn" in bp.load(tmp_path / "run").scenario.document.places


POINT = feature("Point", [9.9, 54.5], name="barn")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"type": "FeatureCollection",\n "features": [}', "more.geojson:2:15 is no JSON: "),
        ("[" * 100_000 + "]" * 100_000, "more.geojson is nested more than 40 deep"),
        ('{"type": "FeatureCollection", "features": [NaN]}', "more.geojson is no GeoJSON: NaN is no number of JSON"),
        ("[]", "more.geojson:1:1 is no GeoJSON with features; its type must be 'FeatureCollection'"),
        (json.dumps({"type": "FeatureCollection", "features": [], "crs": {"name": "EPSG:25832"}}), "save it in WGS84"),
        (collection(POINT, {"type": "Feature", "geometry": None}), "feature 2: is no feature with a geometry; leave it out"),
        (collection(POINT, feature("Polygon", [[[9, 54], [9, 55], [8, 54]]], name="a")), "feature 2: is a Polygon; places are Points"),
        (collection(POINT, POINT), "feature 2: 'barn' is the name of the feature at more.geojson:4:3 too; keep one"),
        (collection(feature("Point", [9.9, 54.5])), "feature 1: has no property 'name' with its name; give it one, or say with 'named'"),
        (collection(feature("Point", [9.9, 54.5], name="Ωμέγα")), "feature 1: 'Ωμέγα' makes no name of letters a to z"),
        (collection(feature("Point", [54.5, 109.9], name="a")), "feature 1: has the position 54.5, 109.9; the longitude comes first: they look swapped"),
        (collection(feature("Point", [54.5, 9.9], name="a")), "more.geojson:4:3 feature 1: this lies 6,318 km from the centre of map 'coast'; latitude and longitude look swapped"),
        (collection(feature("Point", [190, 54.5], name="a")), "longitudes go from -180 to 180"),
        (collection(feature("Point", ["9", "54"], name="a")), 'feature 1: a position is a longitude and a latitude in degrees, got ["9", "54"]'),
        (collection(feature("Point", [], name="a")), "feature 1: its coordinates are not nested as its type wants it"),
        (collection(feature("LineString", [[10.1, 54.3]], name="a")), "feature 1: is a line of one point; give it another"),
        (collection(feature("LineString", [[10.1, 54.3], [9, 54]], name="a")), "feature 1: no place of the map lies at its end, 9, 54 (longitude, latitude); add a Point there"),
        (collection(feature("LineString", [[10.1, 54.3], [9.43, 54.78]], name="a", end="town")), "feature 1: its end is 'town', which lies elsewhere than the line's last point"),
        (collection(feature("LineString", [[10.1, 54.3], [9.43, 54.78]], name="a", kind="route", ground=[{}, {}])), "feature 1: 'ground' has 2 legs, and the line 1"),
        (collection(feature("Point", [9.9, 54.5], name="a", kind="route")), "feature 1: is a Point, and its kind is 'route', which is a LineString"),
        (collection(feature("Point", [9.9, 54.5], name="a", kind="place", cover=2)), "more.geojson:4:3 feature 1: cover must be at most 1, got 2"),
        (collection(feature("LineString", [[10.1, 54.3], [9.43, 54.78]], name="a", kind="route", ground=[{"at": 1}])), "feature 1: 'ground' says where a leg ends, and so does the line; leave 'at' out"),
        (collection(feature("Point", ["%"], name="a")).replace('"%"', "[" * 39 + "]" * 39), "more.geojson is nested more than 40 deep"),
        (collection(feature("Point", ["%"], name="a")).replace('"%"', "1" * 101), "more.geojson is no GeoJSON: a number has 101 characters, 100 are allowed"),
        (collection(feature("Point", [9, 54], name="a", told="\ud800")), 'more.geojson has the text "\\ud800", in which a character is broken'),
        (collection(*[POINT] * (MOST_FEATURES + 1)), "has 20,001 features, 20,000 are allowed; make it smaller"),
        (json.dumps(json.loads(collection(feature("LineString", [[9, 54]] * (MOST_POINTS + 1), name="a")))), "feature 1: with it there are more than 200,000 points; simplify the lines"),
        (" " * 4_000_001, "has more than 4,000,000 bytes"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) and value[:1] not in "[{ " else "",
)  # fmt: skip
def test_what_is_wrong_with_a_file_has_its_feature_and_its_remedy(tmp_path, content, said):
    found = faults(folder(tmp_path, text(more=", file: more.geojson"), more=content))
    assert said in found
    assert all("more.geojson" in line for line in found.splitlines()), found


@pytest.mark.parametrize(("off", "meets"), [(0.9e-5, True), (1.05e-5, False)])
def test_a_route_ends_within_a_metre_of_a_place(tmp_path, off, meets):
    for way in (off, -off):
        track = collection(feature("LineString", [[10.1, 54.3], [9.43, 54.78 + way]], name="track"))
        file = folder(tmp_path, text(more=", file: more.geojson"), more=track)
        if meets:
            assert load_scenario(file).document.routes["track"].end == "mill"
        else:
            assert "no place of the map lies at its end" in faults(file)


def test_who_asks_for_a_feature_at_fault_is_not_at_fault(tmp_path):
    scenario = text(more=", file: more.geojson").replace("along: road", "along: track")
    track = feature("LineString", [[10.1, 54.3], [9, 54]], name="track")
    assert len(faults(folder(tmp_path, scenario, more=collection(track))).splitlines()) == 1
    assert len(faults(folder(tmp_path, scenario, more="[]")).splitlines()) == 1


def test_a_variant_cannot_change_the_file(tmp_path):
    file = folder(tmp_path, text(more=", file: more.geojson"), more=collection(POINT), other=collection())
    assert "is read before variants and overrides" in faults(file, overrides={"maps.coast.file": "other.geojson"})


# -------------------------------------------------------------------------------------------------------- GeoJSON out


@st.composite
def scenarios(draw):
    """Return the sections of a scenario on the Earth: a centre, places, routes with points between, and regions."""
    centre = draw(SPOTS)

    def spot():
        line = Geodesic.WGS84.Direct(*centre, draw(st.floats(0.0, 360.0)), draw(st.floats(0.0, 4e5)))
        return {"latitude": line["lat2"], "longitude": line["lon2"]}

    names = [f"p__{n}_" for n in range(draw(st.integers(2, 5)))]
    places = {name: {"map": "m", "at": spot(), "cover": draw(st.sampled_from([1.0, 0.3]))} for name in names}
    routes = {
        f"r{n}": {
            "start": draw(st.sampled_from(names)),
            "end": draw(st.sampled_from(names)),
            "by": [
                {"at": spot(), "footing": draw(st.sampled_from([1.0, 0.7]))} for _ in range(draw(st.integers(0, 3)))
            ],
            **({"last": {"at": spot(), "height": "12.3 m"}} if draw(st.booleans()) else {}),
        }
        for n in range(draw(st.integers(0, 3)))
    }
    regions = {
        f"a{n}": {"at": spot(), "radius": "1500 m", **({"to": spot()} if draw(st.booleans()) else {})}
        for n in range(draw(st.integers(0, 2)))
    }
    return dict(zip(OnEarth._fields, centre, strict=True)), places, routes, regions


def geometry(scenario):
    """Return every position of a scenario as latitude and longitude, by where it stands, and what else is said there."""
    document = scenario.document
    plane = Projection(document.maps["m"].earth)
    found, said = {}, {}
    for name, place in document.places.items():
        found["place", name] = plane.on_earth(place.at)
        said["place", name] = (place.cover, place.told)
    for name, route in document.routes.items():
        said["route", name] = (route.start, route.end, route.told, route.last and route.last.height)
        for n, stop in enumerate(route.by):
            found["route", name, n] = plane.on_earth(stop.at)
            said["route", name, n] = (stop.footing, stop.height)
    for name, region in document.maps["m"].regions.items():
        found["area", name] = plane.on_earth(region.at)
        said["area", name] = (region.radius, region.to is None)
        if region.to is not None:
            found["area", name, "to"] = plane.on_earth(region.to)
    return found, said


@settings(max_examples=40, deadline=None)
@given(scenarios())
def test_out_and_in_again_is_the_same_scenario(tmp_path_factory, drawn):
    centre, places, routes, regions = drawn
    rest = {"scenario": {"title": "T", "until": "1 h"}, "endings": {"over": {"told": "over"}}}
    whole = {**rest, "maps": {"m": {"earth": centre, "regions": regions}}, "places": places, "routes": routes}
    first = load_text(json.dumps(whole))
    at = tmp_path_factory.mktemp("maps")
    (at / "all.geojson").write_text(out(first))
    (at / "second.yaml").write_text(json.dumps({**rest, "maps": {"m": {"earth": centre, "file": "all.geojson"}}}))
    second = load_scenario(at / "second.yaml")
    (spots, said), (spots1, said1) = geometry(first), geometry(second)
    assert said1 == said
    assert spots1.keys() == spots.keys()
    for key, spot in spots.items():
        assert spots1[key].latitude == pytest.approx(spot.latitude, abs=1e-9)
        turn = (spots1[key].longitude - spot.longitude + 180.0) % 360.0 - 180.0
        assert abs(turn) * math.cos(math.radians(spot.latitude)) < 1e-9
    legs, legs1 = first.program.legs, second.program.legs
    long = legs["length"] > 1.0  # a slope of less is that of rounding
    assert np.allclose((legs["slope"] * legs["length"])[long], (legs1["slope"] * legs1["length"])[long], atol=1e-3)
    for key in ("length", "x1", "y1", "footing"):
        assert np.allclose(legs[key], legs1[key], rtol=1e-9, atol=1e-3)


def test_one_file_may_hold_two_maps(tmp_path):
    maps = "maps: {{ east: {{ earth: {}{} }}, west: {{ earth: {}{} }} }}\n"
    head = "scenario: { title: T, until: 1 h }\nendings: { over: { told: over } }\n"
    centres = at(54.5, 9.8), at(54.5, 8.5)
    places = f"places: {{ a: {{ map: east, at: {at(54.4, 9.9)} }}, b: {{ map: west, at: {at(54.6, 8.4)} }} }}\n"
    both = out(load_text(head + maps.format(centres[0], "", centres[1], "") + places))
    more = ", file: both.geojson"
    found = load_scenario(folder(tmp_path, head + maps.format(centres[0], more, centres[1], more), both=both))
    assert {name: place.map for name, place in found.document.places.items()} == {"a": "east", "b": "west"}
    assert out(found) == both


def test_terrain_and_the_axis_of_a_field_lie_on_the_earth():
    ground = "kinds: { m: { footing: 1 } }, rows: [mmmmmm, mmmmmm, mmmmmm]"
    found = load_text(
        text((54.3, 10.1), (54.3, 10.16), (54.5, 9.8), f", terrain: {{ at: {at(54.29, 10.09)}, cell: 1 km, {ground} }}")
        .replace("end: mill }", "end: mill, find: {} }")
        .replace("at: { latitude: 54.3, longitude: 10.16 }", "field: glow, at: { latitude: 54.3, longitude: 10.16 }")
        + f"fields: {{ glow: {{ strength: 1 Gy/h, outer: 1 km, axis: {at(54.28, 10.15)} }} }}\n"
    )
    plane = Projection(OnEarth(54.5, 9.8))
    assert found.document.maps["coast"].terrain.at == plane.point(OnEarth(54.29, 10.09))
    assert found.document.fields["glow"].axis == plane.point(OnEarth(54.28, 10.15))
    legs = found.program.legs
    true = sum(plane.length((leg.x0, leg.y0), (leg.x1, leg.y1)) for leg in legs)
    assert float(legs["length"].sum()) == pytest.approx(true, abs=1e-6)
    [road] = [one for one in json.loads(out(found))["features"] if one["properties"]["kind"] == "route"]
    assert road["properties"]["found"] is True
    assert road["geometry"]["coordinates"][-1] == pytest.approx([10.16, 54.3], abs=1e-9)


@pytest.mark.parametrize("axis", ["[1 km, 2 km]", at(54.28, 10.15)])
def test_an_axis_over_places_of_two_maps_of_the_earth_is_refused(axis):
    said = faults(
        "scenario: { title: T, until: 1 h }\nendings: { over: { told: over } }\n"
        f"maps: {{ east: {{ earth: {at(54.5, 9.8)} }}, west: {{ earth: {at(54.5, 8.5)} }} }}\n"
        f"places: {{ a: {{ map: east, at: {at(54.4, 9.9)}, field: glow }}, b: {{ map: west, at: {at(54.6, 8.4)}, field: glow }} }}\n"
        f"fields: {{ glow: {{ strength: 1 Gy/h, outer: 1 km, axis: {axis} }} }}\n"
    )
    assert "meets one map alone, and places of the field lie on 'east' and 'west'" in said
    assert ":5:" in said


def test_a_way_that_was_found_is_not_read_again(tmp_path):
    line = feature("LineString", [[10.1, 54.3], [9.43, 54.78]], name="found_way", kind="route", found=True)
    found = load_scenario(folder(tmp_path, text(more=", file: more.geojson"), more=collection(line)))
    assert list(found.document.routes) == ["road"]


def test_a_map_that_is_not_of_the_earth_is_refused():
    with pytest.raises(RequestError, match=r"has no map of the Earth.*say on a map about which point it is drawn"):
        out(load_scenario("valley"))


def test_the_command_writes_geojson(tmp_path):
    from briarpatch.views.cli import main

    file = folder(tmp_path)
    main(["map", str(file), "--out", str(tmp_path / "coast.geojson")])
    written = json.loads((tmp_path / "coast.geojson").read_text())
    assert [one["properties"]["name"] for one in written["features"]] == ["town", "mill", "road"]
    assert written["features"][0]["geometry"]["coordinates"] == [10.1, 54.3]


# ----------------------------------------------------------------------------------------------------------- backdrop


def coast(points):
    """Return a ragged line from south to north through the map, as so many points."""
    turns = np.linspace(0.0, 1.0, points)
    ragged = 0.03 * np.sin(turns * 40.0) + 0.003 * np.sin(turns * 4000.0)
    return [
        [round(9.8 + float(east), 6), round(53.5 + 2.0 * float(turn), 6)]
        for turn, east in zip(turns, ragged, strict=True)
    ]


@pytest.fixture
def drawn(tmp_path):
    lake = [[9.6, 54.4], [9.7, 54.4], [9.7, 54.5], [9.6, 54.4]]
    island = [[9.66, 54.42], [9.68, 54.42], [9.68, 54.44], [9.66, 54.42]]
    content = collection(
        feature("LineString", coast(50_000), kind="coast"),
        feature("Polygon", [lake, island], kind="water"),
        feature("MultiLineString", [[[30.0, 10.0], [31.0, 10.0]], [[9.5, 54.5], [9.9, 54.6]]]),
    )
    return load_scenario(folder(tmp_path, text(more=", backdrop: beneath.geojson"), beneath=content))


def test_a_backdrop_is_drawn_beneath_the_map_in_the_same_bytes(drawn):
    picture = scenario_map.svg(drawn)
    assert picture == scenario_map.svg(drawn)
    shapes = re.findall(r'<path class="backdrop"[^>]*>', picture)
    assert len(shapes) == 3
    assert 'fill="#dfe8ec" fill-rule="evenodd"' in shapes[0]  # areas first
    assert shapes[0].count("M") == 2  # the lake and its island
    assert picture.rindex('class="backdrop"') < picture.index("<polyline")
    assert re.findall(r"https?://[^\s\"']+", picture) == ["http://www.w3.org/2000/svg"]


def test_a_backdrop_stays_within_its_bytes_and_what_it_shows(drawn):
    plane = Projection(drawn.document.maps["coast"].earth)
    box, step = backdrop.Box(-40e3, -40e3, 40e3, 40e3), 100.0
    found = backdrop.shapes(drawn, "coast", box, step)
    assert sum(len(ring) for one in found for ring in one.rings) <= backdrop.MOST
    [line] = [np.array(one.rings[0]) for one in found if not one.closed and len(one.rings[0]) > 2]
    assert (np.abs(line / step - np.round(line / step)) < 1e-9).all()
    for longitude, latitude in coast(50_000)[::500]:
        x, y = plane.point(OnEarth(latitude, longitude))
        if max(abs(x), abs(y)) < 40e3:
            a, b = line[:-1], line[1:]
            way = b - a
            along = np.clip((((x, y) - a) * way).sum(axis=1) / (way * way).sum(axis=1), 0.0, 1.0)
            off = np.hypot(*((x, y) - a - along[:, None] * way).T).min()
            assert off <= step * 1.3  # half a step of simplifying, half a diagonal of rounding


def test_a_backdrop_is_coarser_before_it_is_too_large(drawn):
    box = backdrop.Box(-120e3, -120e3, 120e3, 120e3)
    fine, coarse = (
        sum(len(ring) for one in backdrop.shapes(drawn, "coast", box, step) for ring in one.rings)
        for step in (0.1, 500.0)
    )
    assert coarse < backdrop.MOST / 4 < fine <= backdrop.MOST


def test_a_backdrop_of_many_lines_keeps_the_largest(tmp_path):
    short = [feature("LineString", [[9.5 + k / 1e4, 54.4], [9.5 + k / 1e4, 54.42]]) for k in range(3000)]
    bay = feature("Polygon", [[[9.4, 54.3], [9.6, 54.3], [9.6, 54.5], [9.4, 54.3]]])
    lines = [*short, feature("LineString", [[9.4, 54.3], [9.5, 54.5], [9.6, 54.3]]), bay]
    found = load_scenario(folder(tmp_path, text(more=", backdrop: beneath.geojson"), beneath=collection(*lines)))
    shapes = backdrop.shapes(found, "coast", backdrop.Box(-40e3, -40e3, 40e3, 40e3), 100.0)
    assert backdrop.MOST / 4 < sum(len(ring) for one in shapes for ring in one.rings) <= backdrop.MOST
    assert [len(one.rings[0]) for one in shapes if one.closed or len(one.rings[0]) > 2] == [3, 3]


def test_an_area_is_cut_to_what_can_be_seen(tmp_path):
    wide = feature("Polygon", [[[5.0, 50.0], [15.0, 50.0], [15.0, 60.0], [5.0, 60.0], [5.0, 50.0]]])
    beside = feature("Polygon", [[[5.0, 50.0], [6.0, 50.0], [6.0, 51.0], [5.0, 50.0]]])
    file = folder(tmp_path, text(more=", backdrop: beneath.geojson"), beneath=collection(wide, beside))
    [one] = backdrop.shapes(load_scenario(file), "coast", backdrop.Box(-1e4, -2e4, 3e4, 4e4), 100.0)
    [ring] = one.rings
    assert np.abs(np.array(ring).min(axis=0) - (-1e4, -2e4)).max() < 200.0
    assert np.abs(np.array(ring).max(axis=0) - (3e4, 4e4)).max() < 200.0


def test_a_page_holds_its_backdrop_in_few_bytes(drawn):
    run = bp.run(drawn, seed=1)
    data = page_data(run)
    assert {row[0] for row in data["backdrop"]} == {0}
    assert data["backdrop"][0][1:3] == [1, 1]
    with_it, without = len(to_json(data)), len(to_json(data | {"backdrop": []}))
    assert 1_000 < with_it - without < 60_000


def test_a_point_is_no_backdrop(tmp_path):
    file = folder(tmp_path, text(more=", backdrop: beneath.geojson"), beneath=collection(POINT))
    assert "beneath.geojson:4:3 feature 1: is a Point; a backdrop is of lines and polygons: leave it out" in faults(
        file
    )
