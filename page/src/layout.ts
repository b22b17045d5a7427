// Where a map's points lie on the screen. Maps whose places lie evenly are drawn to scale; where distances differ a
// hundredfold, each axis gives room to places instead, and says that it is not to scale.
import { between } from './axis'
import type { Data } from './data'
import type { Run } from './run'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export interface Panel {
  /** The row of the map; -1 for the places that lie on no map. */
  map: number
  title: string
  box: Box
  toScale: boolean
  /** Pixels for a metre, when it is to scale. */
  scale: number
  /** Return where a point of the map lies on the screen. */
  at(x: number, y: number): [number, number]
}

/** Of the width of a map: places closer than this cover one another. */
const CROWDED = 0.02
/** A map with so many places that cover one another is not drawn to scale. */
const MOST_CROWDED = 3
/** How far beyond the places, for the width of the panel, lies what is outside all of them. */
const BEYOND = 0.2
/** The share of the height over which places spread where a map is not to scale, so that fleets have room around them. */
const MIDDLE = 0.55
const MOST_PANELS = 4
const NARROW = 520
const MOST_IN_A_STRIP = 7
/** So few people are shown with their names, which want room at the sides. */
export const FEW = 8
/** A map so many times wider than high fits into a strip. */
const LONG = 3

interface Extent {
  xs: number[]
  ys: number[]
  /** The places alone, by which it is told whether they lie evenly. */
  places: [number, number][]
}

/** Return the points that each map has to show: places, ways, maps within it, and wherever somebody goes. */
function extents(data: Data, moves: Data['moves'][] = [data.moves]): Map<number, Extent> {
  const found = new Map<number, Extent>()
  const add = (map: number, x?: number | null, y?: number | null) => {
    if (map < 0 || x === undefined || y === undefined || x === null || y === null) return
    const extent = found.get(map) ?? found.set(map, { xs: [], ys: [], places: [] }).get(map)!
    extent.xs.push(x)
    extent.ys.push(y)
  }
  for (const [, , map, x, y, vessel, device] of data.places) {
    if (vessel >= 0 || device >= 0) continue
    add(map, x, y)
    found.get(map)?.places.push([x ?? 0, y ?? 0])
  }
  for (const [, , map, points] of data.routes) {
    for (let i = 0; i + 1 < points.length; i += 2) add(map, points[i], points[i + 1])
  }
  for (const [, , within, x, y] of data.maps) {
    add(within, x, y)
    found.get(within)?.places.push([x, y])
  }
  for (const { people, vessels } of moves) {
    for (const segments of people) for (const s of segments) if (s[2] < 0) add(s[3], s[6], s[7])
    for (const segments of vessels) for (const s of segments) if (s[2] < 0) add(s[3], s[8], s[9])
  }
  return found
}

/** Return the values in rising order, those that lie closer than a step as one. */
function distinct(values: number[], step: number): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.filter((value, i) => i === 0 || value - sorted[i - 1] > step)
}

/** Return whether several places lie so close together, for the width of the map, that they would cover one another. */
function isUneven({ places }: Extent): boolean {
  const xs = places.map(place => place[0])
  const ys = places.map(place => place[1])
  const width = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys))
  const crowded = places.filter(([x, y], i) =>
    places.some(([a, b], j) => i !== j && Math.hypot(a - x, b - y) < CROWDED * width),
  )
  return crowded.length >= MOST_CROWDED
}

/** Return a monotone way from the values of an axis to 0..1 that gives each of them room. */
function spread(values: number[]): (value: number) => number {
  const span = Math.max(...values) - Math.min(...values)
  const knots = distinct(values, span * 1e-7)
  if (knots.length < 2) return () => 0.5
  const gap = Math.min(...knots.slice(1).map((knot, i) => knot - knots[i]))
  const from = knots[0]
  const log = (value: number) => Math.log1p((value - from) / gap) / Math.log1p(span / gap)
  const us = knots.map((knot, i) => 0.4 * log(knot) + (0.6 * i) / (knots.length - 1))
  const last = knots[knots.length - 1]
  return value => (value < from ? -BEYOND : value > last ? 1 + BEYOND : between(knots, us, value))
}

function panelOf(data: Data, map: number, extent: Extent, box: Box): Panel {
  const narrow = box.width < NARROW
  const title = upperFirst(data.maps[map][1])
  const pad = {
    x: narrow ? 34 : data.people.length <= FEW ? Math.min(130, box.width / 5) : 64,
    top: narrow ? 36 : 46,
    bottom: narrow ? 24 : 34,
  }
  const inner = {
    x: box.x + pad.x,
    y: box.y + pad.top,
    width: Math.max(10, box.width - 2 * pad.x),
    height: Math.max(10, box.height - pad.top - pad.bottom),
  }
  if (isUneven(extent)) {
    const [toX, toY] = [spread(extent.xs), spread(extent.ys)]
    const at = (x: number, y: number): [number, number] => [
      inner.x + toX(x) * inner.width,
      inner.y + (0.5 + MIDDLE * (0.5 - toY(y))) * inner.height,
    ]
    return { map, title, box, toScale: false, scale: 0, at }
  }
  const [left, right] = [Math.min(...extent.xs), Math.max(...extent.xs)]
  const [low, high] = [Math.min(...extent.ys), Math.max(...extent.ys)]
  const wide = Math.max(right - left, 1e-9)
  const tall = Math.max(high - low, 1e-9)
  const alone = right === left && high === low
  const scale = alone ? 1 : Math.min(inner.width / wide, inner.height / tall)
  const cx = inner.x + inner.width / 2
  const cy = inner.y + inner.height / 2
  const at = (x: number, y: number): [number, number] => [
    cx + (x - (left + right) / 2) * scale,
    cy - (y - (low + high) / 2) * scale,
  ]
  return { map, title, box, toScale: !alone, scale: alone ? 0 : scale, at }
}

/** Return the panel of the places that lie on no map: in rows, evenly. */
function roomsOf(run: Run, box: Box): Panel | undefined {
  const rooms = run.data.places.flatMap(([, , map, , , vessel, device], i) =>
    map < 0 && vessel < 0 && device < 0 ? [i] : [],
  )
  if (!rooms.length) return undefined
  const columns = Math.max(
    1,
    Math.min(rooms.length, Math.round(Math.sqrt((rooms.length * box.width) / box.height))),
  )
  const lines = Math.ceil(rooms.length / columns)
  const spot = new Map(rooms.map((room, i) => [room, i]))
  const at = (place: number): [number, number] => {
    const i = spot.get(place) ?? 0
    return [
      box.x + ((i % columns) + 0.5) * (box.width / columns),
      box.y + 20 + (Math.floor(i / columns) + 0.6) * ((box.height - 24) / lines),
    ]
  }
  return { map: -1, title: 'Places', box, toScale: false, scale: 0, at }
}

/**
 * Return the panels of a run's maps in a window: the maps with most to show, one above or beside the other. A run beside
 * it of the same scenario has the same ones.
 */
export function panels(run: Run, width: number, height: number, beside = run): Panel[] {
  const data = run.data
  const found = [...extents(data, [data.moves, beside.data.moves])]
    .map(([map, extent]) => ({
      map,
      extent,
      weight: new Set(extent.xs.map((x, i) => `${x},${extent.ys[i]}`)).size,
    }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST_PANELS)
    .sort((a, b) => a.map - b.map)
  const rooms = data.places.some(([, , map, , , vessel, device]) => map < 0 && vessel < 0 && device < 0)
  const count = found.length + (rooms ? 1 : 0)
  if (!count) return []
  const weights = [...found.map(one => 1 + Math.min(one.weight, 12) / 8), ...(rooms ? [1] : [])]
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const tall = height >= width * 0.6 || count < 2
  const made: Panel[] = []
  let from = 0
  weights.forEach((weight, i) => {
    const share = weight / total
    const box = tall
      ? { x: 0, y: Math.round(from * height), width, height: Math.round(share * height) }
      : { x: Math.round(from * width), y: 0, width: Math.round(share * width), height }
    from += share
    const panel = i < found.length ? panelOf(data, found[i].map, found[i].extent, box) : roomsOf(run, box)
    if (panel) made.push(panel)
  })
  return made
}

/** How much room a run's maps want: none, a strip of places, or most of the window. */
export function roomFor(run: Run): 'none' | 'strip' | 'most' {
  const { data } = run
  const maps = [...extents(data).values()]
  const rooms = data.places.filter(
    ([, , map, , , vessel, device]) => map < 0 && vessel < 0 && device < 0,
  ).length
  if (!maps.length) return !rooms ? 'none' : rooms <= MOST_IN_A_STRIP ? 'strip' : 'most'
  if (maps.length > 1 || rooms) return 'most'
  const { xs, ys, places } = maps[0]
  const wide = Math.max(...xs) - Math.min(...xs)
  const tall = Math.max(...ys) - Math.min(...ys)
  const moves = [...data.moves.people, ...data.moves.vessels].some(segments => segments.length > 1)
  const few = new Set(places.join(' ').split(' ')).size < 3
  return few || !moves || tall * LONG <= wide ? 'strip' : 'most'
}

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** Where the first names of `Labels.place` stand. */
const SIDES = ['below', 'above', 'right', 'left']

/** Places names beside points so that none covers another. */
export class Labels {
  private taken: Box[] = []
  constructor(private within: Box) {}

  /** Keep a rectangle free of names. */
  keep(x: number, y: number, width: number, height: number) {
    this.taken.push({ x, y, width, height })
  }

  /** Return where the middle of a name may stand near a point, or nothing when there is no room. */
  place(
    x: number,
    y: number,
    width: number,
    height: number,
    away = 6,
    wish?: 'above' | 'below' | 'left' | 'right',
  ): [number, number] | undefined {
    const spots: [number, number][] = [
      [x, y + away + height],
      [x, y - away - 2],
      [x + away + width / 2, y + height / 3],
      [x - away - width / 2, y + height / 3],
      [x, y + away + 2.1 * height],
      [x, y - away - 1.1 * height - 2],
      [x + away + width / 2, y + height * 1.3],
      [x - away - width / 2, y + height * 1.3],
    ]
    if (wish) spots.unshift(spots[SIDES.indexOf(wish)])
    for (const [cx, cy] of spots) {
      const box = { x: cx - width / 2 - 2, y: cy - height, width: width + 4, height: height + 3 }
      const inside =
        box.x >= this.within.x &&
        box.y >= this.within.y &&
        box.x + box.width <= this.within.x + this.within.width &&
        box.y + box.height <= this.within.y + this.within.height
      if (inside && !this.taken.some(other => overlap(box, other))) {
        this.taken.push(box)
        return [cx, cy]
      }
    }
    return undefined
  }
}

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
