// What a seat can know, as a run of one moment that the map can draw.
import { FORMAT, type Data } from './data'
import type { SeatView } from './games'
import { Run } from './run'

const STATUS = ['free', 'held', 'dead']

/** Return the places that a seat knows, itself, and who is beside it; nothing else is in it. */
export function seatRun(seat: SeatView): Run {
  const maps = [...new Set(seat.places.flatMap(place => (place.map ? [place.map] : [])))]
  const places = seat.places.map(
    ({ place, map, x, y }) =>
      [place, place, map ? maps.indexOf(map) : -1, x ?? null, y ?? null, -1, -1] as Data['places'][number],
  )
  const at = places.findIndex(place => place[0] === seat.place)
  const [, , map = -1, x = 0, y = 0] = places[at] ?? []
  const here = at < 0 ? [] : [x ?? 0, y ?? 0]
  const named = seat.beside.filter(one => one.count === undefined && STATUS.includes(one.status))
  const crowds = seat.beside.filter(one => one.count !== undefined)
  const vessels = seat.beside.filter(one => one.status === 'here')
  const everybody = [{ who: seat.told, status: seat.status }, ...named]
  const segment = (status: string) => [0, 1, at, map, STATUS.indexOf(status), 0, ...here]
  return new Run({
    format: FORMAT,
    scenario: seat.title,
    title: seat.title,
    seed: seat.person,
    T: 1,
    start: 0,
    choices: {},
    chosen: {},
    decisions: [],
    endings: [],
    measures: [],
    facts: [],
    factions: [['', seat.faction ?? '']],
    people: everybody.map((one, i) => [String(i), one.who, i ? -1 : 0]),
    crowds: crowds.map((one, i) => [String(i), one.who, -1, one.count ?? 0]),
    vessels: vessels.map((one, i) => [String(i), one.who, -1, -1]),
    devices: [],
    maps: maps.map(one => [one, one, -1, 0, 0]),
    places,
    routes: [],
    regions: [],
    entries: [],
    kinds: {},
    moves: {
      people: everybody.map(one => [segment(one.status)]),
      vessels: vessels.map(() => [[0, 1, at, map, 0, 0, 1, 1, ...here]]),
      crowds: crowds.map((one, i) => [i, one.count, ...segment(one.status)]),
    },
    beliefs: everybody.map(() => []),
    devices_over_time: [],
    truth: [],
    values: [],
  } as unknown as Data)
}
