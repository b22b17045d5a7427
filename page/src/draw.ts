// The maps on one canvas. What does not move is drawn once for a size and a theme, and then copied.
import { FEW, Labels, type Box, type Panel } from './layout'
import type { CrowdSegment, Data, Lane, Region } from './data'
import { DEAD, HELD, LOST, onLine, type Run, type Where } from './run'

type Pen = CanvasRenderingContext2D
export type Colours = Record<string, string>

const NAMES = [
  ...[
    'bg',
    'panel',
    'raised',
    'line',
    'text',
    'muted',
    'faint',
    'accent',
    'ground',
    'grid',
    'space',
    'haze',
    'glow',
    'water',
  ],
  ...['f0', 'f1', 'f2', 'f3', 'f4', 'none', 'bad'],
]
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  return Object.fromEntries(NAMES.map(name => [name, style.getPropertyValue('--' + name).trim()]))
}
export const sideColour = (colours: Colours, side: number) =>
  side < 0 ? colours.none : colours['f' + (side % 5)]

const FONT = "'IBM Plex Sans', system-ui, sans-serif"
const NARROW = 520
const MOST_DOTS = 2000
const GOLDEN = 2.399963
const MOST_NAMED = 3
/** Pixels for a name above a token. */
const NAME = 84

/** The signs that a scenario can give to a person or a place, on a 16 grid. */
const SIGNS: Record<string, string> = {
  anchor: 'M8 4v10M5 7h6M3 9.5c0 3 2.5 4.5 5 4.5s5-1.5 5-4.5M8 1.5a1.2 1.2 0 1 0 .01 0Z',
  book: 'M8 4C6 2.5 4 2.5 2 3v10c2-.5 4-.5 6 1 2-1.5 4-1.5 6-1V3c-2-.5-4-.5-6 1ZM8 4v10',
  cross: 'M8 2v12M2 8h12',
  drop: 'M8 1.5C5 6 3.5 8 3.5 10a4.5 4.5 0 0 0 9 0c0-2-1.5-4-4.5-8.5Z',
  flame: 'M8 14.5c-3 0-4.5-2-4.5-4.5S7 6 7 1.5c3 1.5 5.5 5 5.5 8.5 0 2.5-1.5 4.5-4.5 4.5Z',
  house: 'M2 8 8 2.5 14 8M4 7v6.5h8V7',
  key: 'M5 8a3 3 0 1 0 .01 0ZM7.5 9l6-6M11 5.5 13 7.5',
  shield: 'M8 1.5 13.5 4v4c0 3.5-2.5 5.5-5.5 6.5C5 13.5 2.5 11.5 2.5 8V4Z',
  star: 'M8 1.5 10 6l4.5.5-3.4 3 1 4.5L8 11.5 3.9 14l1-4.5-3.4-3L6 6Z',
  tent: 'M8 2.5 1.5 13.5h13ZM8 2.5v11',
  tower: 'M5 14.5V6L8 2l3 4v8.5M3.5 14.5h9M5 8.5h6',
  wheel: 'M8 1.8a6.2 6.2 0 1 0 .01 0ZM8 6.5a1.5 1.5 0 1 0 .01 0ZM8 1.8v4.7M8 9.5v4.7M1.8 8h4.7M9.5 8h4.7',
}

/** What can be pointed at. */
export interface Hit {
  x: number
  y: number
  r: number
  lane: Lane
}

export interface Scene {
  hits: Hit[]
  /** How many people a dot of a crowd stands for. */
  perDot: number
}

/** Trace the outline by which a side is told without its colour: circle, diamond, square, triangle, hexagon. */
export function outline(pen: Pen, x: number, y: number, r: number, side: number) {
  pen.beginPath()
  const corners = [0, 4, 0, 3, 6][side < 0 ? 0 : side % 5]
  if (side >= 0 && side % 5 === 2) pen.roundRect(x - r * 0.92, y - r * 0.92, r * 1.84, r * 1.84, r * 0.3)
  else if (!corners) pen.arc(x, y, r, 0, 7)
  else {
    const size = r * (corners === 3 ? 1.35 : corners === 4 ? 1.22 : 1.08)
    const turn = corners === 6 ? 0 : -Math.PI / 2
    for (let i = 0; i < corners; i++) {
      const a = turn + (i * 2 * Math.PI) / corners
      pen.lineTo(x + size * Math.cos(a), y + size * Math.sin(a) + (corners === 3 ? r * 0.15 : 0))
    }
    pen.closePath()
  }
}

interface Mark {
  on?: boolean
  dead?: boolean
  held?: boolean
  icon?: string
}

/** Draw somebody as a token; the sixth and later sides have a ring. */
export function token(
  pen: Pen,
  x: number,
  y: number,
  r: number,
  side: number,
  c: Colours,
  text: string,
  mark: Mark,
) {
  pen.save()
  pen.globalAlpha = mark.dead ? 0.5 : 1
  outline(pen, x, y, r + 1.6, side)
  pen.fillStyle = c.bg
  pen.fill()
  outline(pen, x, y, r, side)
  pen.fillStyle = mark.dead ? c.raised : sideColour(c, side)
  pen.fill()
  if (side > 4) {
    pen.strokeStyle = c.text
    pen.lineWidth = 1.2
    pen.stroke()
  }
  if (mark.held) {
    pen.strokeStyle = c.text
    pen.lineWidth = 1.2
    pen.strokeRect(x - r - 3, y - r - 3, 2 * r + 6, 2 * r + 6)
  }
  if (mark.on) {
    outline(pen, x, y, r + 4, side)
    pen.strokeStyle = c.accent
    pen.lineWidth = 2
    pen.stroke()
  }
  if (mark.icon && SIGNS[mark.icon]) sign(pen, mark.icon, x, y, r * 1.25, mark.dead ? c.muted : c.bg)
  else if (text) {
    pen.font = `600 ${Math.round(r * (text.length > 1 ? 0.86 : 1))}px ${FONT}`
    pen.textAlign = 'center'
    pen.textBaseline = 'middle'
    pen.fillStyle = mark.dead ? c.muted : c.bg
    pen.fillText(text, x, y + 0.5)
  }
  if (mark.dead) cross(pen, x, y, r * 0.7, c.text)
  pen.restore()
}

/** Draw a sign of a scenario's `view:` around a point. */
function sign(pen: Pen, name: string, x: number, y: number, size: number, colour: string) {
  pen.save()
  pen.translate(x - size / 2, y - size / 2)
  pen.scale(size / 16, size / 16)
  pen.strokeStyle = colour
  pen.lineWidth = 1.8
  pen.lineCap = pen.lineJoin = 'round'
  pen.stroke(new Path2D(SIGNS[name]))
  pen.restore()
}

function cross(pen: Pen, x: number, y: number, r: number, colour: string) {
  pen.strokeStyle = colour
  pen.lineWidth = 1.4
  pen.beginPath()
  pen.moveTo(x - r, y - r)
  pen.lineTo(x + r, y + r)
  pen.moveTo(x + r, y - r)
  pen.lineTo(x - r, y + r)
  pen.stroke()
}

function write(pen: Pen, text: string, x: number, y: number, colour: string, halo: string, size = 11) {
  pen.font = `${size}px ${FONT}`
  pen.textAlign = 'center'
  pen.textBaseline = 'alphabetic'
  pen.lineJoin = 'round'
  pen.strokeStyle = halo
  pen.lineWidth = 3
  pen.strokeText(text, x, y)
  pen.fillStyle = colour
  pen.fillText(text, x, y)
}

const within = (pen: Pen, box: Box) => {
  pen.beginPath()
  pen.rect(box.x, box.y, box.width, box.height)
  pen.clip()
}

const clampInto = (box: Box, x: number, y: number, pad: number): [number, number] => [
  Math.max(box.x + pad, Math.min(box.x + box.width - pad, x)),
  Math.max(box.y + pad, Math.min(box.y + box.height - pad, y)),
]

// ------------------------------------------------------------------------------------------- what does not move

/** Return the points of the edge of a region: a circle, or all that lies within its radius of a line. */
function edge([, x, y, x1, y1, radius]: Region): [number, number][] {
  const along = Math.atan2(y1 - y, x1 - x)
  return Array.from({ length: 48 }, (_, i) => {
    const a = along + Math.PI / 2 + (i * 2 * Math.PI) / 48
    const [cx, cy] = i < 24 ? [x, y] : [x1, y1]
    return [cx + radius * Math.cos(a), cy + radius * Math.sin(a)]
  })
}

function region(pen: Pen, panel: Panel, one: Region, c: Colours) {
  const [, , , , , , blackout, drag, interference] = one
  pen.beginPath()
  edge(one).forEach(([x, y], i) => (i ? pen.lineTo(...panel.at(x, y)) : pen.moveTo(...panel.at(x, y))))
  pen.closePath()
  pen.fillStyle = interference ? c.glow : c.haze
  pen.globalAlpha = interference ? 0.3 : 0.42
  pen.fill()
  pen.globalAlpha = 0.8
  pen.strokeStyle = interference ? c.glow : c.muted
  pen.lineWidth = 1
  pen.setLineDash(blackout || drag ? [5, 4] : [])
  pen.stroke()
  pen.setLineDash([])
  pen.globalAlpha = 1
}

/** Draw coasts, rivers, roads and the like, so that they stay behind everything else. */
function beneath(pen: Pen, panel: Panel, shapes: NonNullable<Data['backdrop']>, c: Colours) {
  pen.lineWidth = 1
  for (const [map, water, closed, rings] of shapes) {
    if (map !== panel.map) continue
    pen.beginPath()
    for (const ring of rings) {
      for (let i = 0; i + 1 < ring.length; i += 2) {
        const [x, y] = panel.at(ring[i], ring[i + 1])
        if (i) pen.lineTo(x, y)
        else pen.moveTo(x, y)
      }
      if (closed) pen.closePath()
    }
    pen.strokeStyle = pen.fillStyle = water ? c.water : c.faint
    pen.globalAlpha = water ? 0.5 : 0.12
    if (closed) pen.fill('evenodd')
    pen.globalAlpha = water ? 1 : 0.45
    pen.stroke()
  }
  pen.globalAlpha = 1
}

/** Return a round length of about so many metres, and its words. */
function roundLength(metres: number): [number, string] {
  const power = 10 ** Math.floor(Math.log10(metres))
  const length = [5, 2, 1].map(n => n * power).find(n => n <= metres) ?? power
  return [
    length,
    length >= 1000
      ? `${(length / 1000).toLocaleString('en')} km`
      : length >= 1
        ? `${length} m`
        : `${length * 100} cm`,
  ]
}

function grid(pen: Pen, panel: Panel, c: Colours) {
  const [step] = roundLength(90 / panel.scale)
  const [ox, oy] = panel.at(0, 0)
  const gap = step * panel.scale
  pen.strokeStyle = c.grid
  pen.lineWidth = 1
  pen.beginPath()
  for (let x = ox % gap; x < panel.box.x + panel.box.width; x += gap) {
    pen.moveTo(Math.round(x) + 0.5, panel.box.y)
    pen.lineTo(Math.round(x) + 0.5, panel.box.y + panel.box.height)
  }
  for (let y = oy % gap; y < panel.box.y + panel.box.height; y += gap) {
    pen.moveTo(panel.box.x, Math.round(y) + 0.5)
    pen.lineTo(panel.box.x + panel.box.width, Math.round(y) + 0.5)
  }
  pen.stroke()
}

function scaleBar(pen: Pen, panel: Panel, c: Colours, labels: Labels) {
  const [length, words] = roundLength(Math.min(110, panel.box.width / 4) / panel.scale)
  const bar = length * panel.scale
  const x = panel.box.x + panel.box.width - bar - 12
  const y = panel.box.y + panel.box.height - 10
  pen.strokeStyle = c.muted
  pen.lineWidth = 1
  pen.beginPath()
  pen.moveTo(x, y - 4)
  pen.lineTo(x, y)
  pen.lineTo(x + bar, y)
  pen.lineTo(x + bar, y - 4)
  pen.stroke()
  write(pen, words, x + bar / 2, y - 5, c.muted, c.ground, 10)
  labels.keep(x - 4, y - 18, bar + 8, 24)
}

function still(pen: Pen, run: Run, panel: Panel, c: Colours) {
  const { data } = run
  const { box } = panel
  const ground = panel.toScale || panel.map < 0 ? c.ground : c.space
  const narrow = box.width < NARROW
  pen.save()
  within(pen, box)
  pen.fillStyle = ground
  pen.fillRect(box.x, box.y, box.width, box.height)
  const labels = new Labels(box)
  labels.keep(box.x, box.y, Math.min(box.width, 180), 20)
  if (panel.toScale) beneath(pen, panel, data.backdrop ?? [], c)
  if (panel.toScale) grid(pen, panel, c)
  for (const one of data.regions) if (one[0] === panel.map) region(pen, panel, one, c)
  pen.strokeStyle = c.muted
  pen.setLineDash([4, 4])
  pen.lineWidth = 1.2
  for (const [, , map, points] of data.routes) {
    if (map !== panel.map || map < 0) continue
    pen.globalAlpha = 0.7
    pen.beginPath()
    for (let i = 0; i + 1 < points.length; i += 2) {
      const [x, y] = panel.at(points[i], points[i + 1])
      if (i) pen.lineTo(x, y)
      else pen.moveTo(x, y)
    }
    pen.stroke()
  }
  pen.setLineDash([])
  pen.globalAlpha = 1
  if (panel.toScale) scaleBar(pen, panel, c, labels)
  const spots = data.places.flatMap(([, , map, x, y, vessel, device], i) => {
    if (map !== panel.map || vessel >= 0 || device >= 0) return []
    return [{ i, at: map < 0 ? panel.at(i, 0) : panel.at(x ?? 0, y ?? 0) }]
  })
  if (panel.map < 0) for (const { at } of spots) room(pen, at, c)
  for (const { at } of spots) labels.keep(at[0] - 3, at[1] - 3, 6, 6)
  for (const { i, at } of spots) {
    const { icon, label } = run.shownPlace(i)
    if (icon && SIGNS[icon]) sign(pen, icon, at[0], at[1], 14, c.text)
    else {
      pen.fillStyle = c.text
      pen.beginPath()
      pen.arc(at[0], at[1], 2, 0, 7)
      pen.fill()
    }
    const size = narrow ? 10 : 11.5
    pen.font = `${size}px ${FONT}`
    const name = shorten(pen, run.placeName(i), narrow ? 90 : 150)
    const spot = labels.place(at[0], at[1], pen.measureText(name).width, size, icon ? 8 : 6, label)
    if (spot) write(pen, name, spot[0], spot[1], c.text, ground, size)
  }
  data.maps.forEach(([, words, inside, x, y], i) => {
    if (inside !== panel.map || i === panel.map) return
    const [X, Y] = panel.at(x, y)
    pen.strokeStyle = c.muted
    pen.strokeRect(X - 7, Y - 5, 14, 10)
    const spot = labels.place(X, Y, pen.measureText(words).width, 11, 10)
    if (spot) write(pen, words, spot[0], spot[1], c.muted, ground, 11)
  })
  pen.font = `600 10px ${FONT}`
  pen.textAlign = 'left'
  pen.textBaseline = 'alphabetic'
  pen.fillStyle = c.muted
  const title = panel.title.toUpperCase()
  pen.fillText(
    panel.map < 0 || narrow || spots.length < 2
      ? title
      : `${title} · ${panel.toScale ? 'TO SCALE' : 'NOT TO SCALE'}`,
    box.x + 10,
    box.y + 16,
  )
  pen.strokeStyle = c.line
  pen.lineWidth = 1
  pen.strokeRect(box.x + 0.5, box.y - 0.5, box.width, box.height)
  pen.restore()
}

function room(pen: Pen, [x, y]: [number, number], c: Colours) {
  pen.strokeStyle = c.line
  pen.lineWidth = 1
  pen.beginPath()
  pen.roundRect(x - 70, y - 44, 140, 66, 8)
  pen.stroke()
}

function shorten(pen: Pen, text: string, most: number): string {
  if (pen.measureText(text).width <= most) return text
  let letters = [...text]
  while (letters.length > 3 && pen.measureText(letters.join('') + '…').width > most)
    letters = letters.slice(0, -1)
  return letters.join('').trimEnd() + '…'
}

/** What stays, for each canvas on which it was drawn. */
const stays = new WeakMap<HTMLCanvasElement, { key: string; picture: HTMLCanvasElement }>()

function background(
  pen: Pen,
  run: Run,
  panels: Panel[],
  width: number,
  height: number,
  c: Colours,
  fonts: number,
) {
  const sharp = Math.min(2, devicePixelRatio || 1)
  const { scenario, seed, places } = run.data
  const scales = panels.map(({ scale, at }) => [scale, at(0, 0)])
  const key = [scenario, seed, width, height, sharp, c.bg, fonts, scales, places.length].join()
  let kept = stays.get(pen.canvas)
  if (kept?.key !== key) {
    const picture = document.createElement('canvas')
    picture.width = Math.max(1, width * sharp)
    picture.height = Math.max(1, height * sharp)
    const own = picture.getContext('2d', { alpha: false })!
    own.scale(sharp, sharp)
    own.fillStyle = c.ground
    own.fillRect(0, 0, width, height)
    for (const panel of panels) still(own, run, panel, c)
    kept = { key, picture }
    stays.set(pen.canvas, kept)
  }
  pen.drawImage(kept.picture, 0, 0, width, height)
}

// ----------------------------------------------------------------------------------------------- what moves

/** Return the panel on which a thing is shown, going outward from a map that has none. */
function panelFor(run: Run, panels: Panel[], where: Where): [Panel, number, number] | undefined {
  let { map, x, y } = where
  const { data } = run
  if (where.place >= 0 && data.places[where.place][2] < 0 && run.carrier(where.place) < 0) {
    const rooms = panels.find(panel => panel.map < 0)
    return rooms && [rooms, ...rooms.at(where.place, 0)]
  }
  for (let i = 0; i < 8 && map >= 0; i++) {
    const panel = panels.find(one => one.map === map)
    if (panel) return [panel, ...panel.at(x, y)]
    ;[, , map, x, y] = data.maps[map]
  }
  return undefined
}

function dots(pen: Pen, run: Run, panels: Panel[], t: number, c: Colours): number {
  const all = run.data.crowds.reduce((sum, crowd) => sum + crowd[3], 0)
  const perDot = Math.max(1, Math.ceil(all / MOST_DOTS))
  const offsets = new Map<string, number>()
  for (const segment of run.data.moves.crowds) {
    const [crowd, count, from, until, place, map, status] = segment
    if (t < from || (t >= until && until < run.data.T) || run.carrier(place) >= 0) continue
    const [x, y] = onLine((segment as CrowdSegment).slice(8) as number[], t)
    const found = panelFor(run, panels, { x, y, place, map, vessel: -1, moving: false })
    if (!found) continue
    const [panel, X, Y] = found
    const size = (panel.box.width < NARROW ? 1.1 : 1.5) * (all <= 80 ? 2 : all <= 400 ? 1.4 : 1)
    const cell = `${Math.round(X / 6)},${Math.round(Y / 6)}`
    const start = offsets.get(cell) ?? 0
    const number = Math.max(1, Math.round(count / perDot))
    offsets.set(cell, start + number)
    pen.fillStyle = status === DEAD ? c.faint : sideColour(c, run.side('c' + crowd))
    pen.globalAlpha = status === HELD ? 0.5 : status === DEAD ? 0.6 : 0.85
    for (let i = start; i < start + number; i++) {
      const r = size * 1.25 * Math.sqrt(i + 0.5)
      const a = (i + 0.5) * GOLDEN
      pen.fillRect(X + r * Math.cos(a) - size / 2, Y + r * Math.sin(a) - size / 2, size, size)
    }
  }
  pen.globalAlpha = 1
  return perDot
}

interface Shown {
  who: number
  lit: Set<Lane> | null
}

function vessels(pen: Pen, run: Run, panels: Panel[], t: number, c: Colours, shown: Shown, hits: Hit[]) {
  const aboard = new Map<number, number[]>()
  run.data.people.forEach((_, row) => {
    const { vessel } = run.wherePerson(row, t)
    if (vessel >= 0) (aboard.get(vessel) ?? aboard.set(vessel, []).get(vessel)!).push(row)
  })
  const stacked = new Map<string, number>()
  const named = new Map(panels.map(panel => [panel, new Labels(panel.box)]))
  const fleet: { row: number; panel: Panel; X: number; Y: number }[] = []
  run.data.vessels.forEach((_, row) => {
    const where = run.whereVessel(row, t)
    const found = panelFor(run, panels, where)
    if (!found || (where.vessel >= 0 && where.vessel !== row)) return
    const [panel, px, py] = found
    const narrow = panel.box.width < NARROW
    const key = `${panel.map}:${Math.round(px / 14)}:${Math.round(py / 14)}`
    const turn = stacked.get(key) ?? 0
    if (run.vessel(row, t)[4] !== LOST) stacked.set(key, turn + 1)
    const rows = Math.max(1, Math.floor((panel.box.height - 60) / 30))
    const [X, Y] = clampInto(
      panel.box,
      px + Math.floor(turn / rows) * (narrow ? 40 : 96),
      py + [0, -1, 1, -2, 2, -3, 3, -4, 4][turn % Math.min(rows, 9)] * (narrow ? 18 : 27),
      14,
    )
    fleet.push({ row, panel, X, Y })
    const crew = Math.min(7, aboard.get(row)?.length ?? 0)
    named.get(panel)!.keep(X - 9, Y - 7, 17, 14)
    if (crew) named.get(panel)!.keep(X + 12, Y + 5, crew * 14, 9)
  })
  for (const { row, panel, X, Y } of fleet) {
    const narrow = panel.box.width < NARROW
    const [, , , , mode, cloaked, hull] = run.vessel(row, t)
    const size = narrow ? 5 : 7
    const lane = 'v' + row
    pen.save()
    pen.globalAlpha = mode === LOST ? 0.3 : 1
    pen.beginPath()
    pen.moveTo(X + size * 1.4, Y)
    pen.lineTo(X - size, Y - size * 0.85)
    pen.lineTo(X - size * 0.45, Y)
    pen.lineTo(X - size, Y + size * 0.85)
    pen.closePath()
    pen.strokeStyle = c.bg
    pen.lineWidth = 2
    pen.stroke()
    if (cloaked) {
      pen.setLineDash([2, 2])
      pen.strokeStyle = sideColour(c, run.side(lane))
      pen.lineWidth = 1.3
      pen.stroke()
      pen.setLineDash([])
    } else {
      pen.fillStyle = sideColour(c, run.side(lane))
      pen.fill()
    }
    if (shown.lit?.has(lane)) {
      pen.strokeStyle = c.accent
      pen.lineWidth = 1.5
      pen.beginPath()
      pen.arc(X, Y, size * 2, 0, 7)
      pen.stroke()
    }
    if (hull < 1 && mode !== LOST) {
      pen.fillStyle = c.line
      pen.fillRect(X - 9, Y + 9, 18, 2.5)
      pen.fillStyle = hull < 0.4 ? c.bad : c.text
      pen.fillRect(X - 9, Y + 9, 18 * hull, 2.5)
    }
    if (mode === LOST) cross(pen, X, Y, size, c.text)
    const crew = aboard.get(row) ?? []
    if (!narrow && mode !== LOST) {
      pen.font = `11px ${FONT}`
      const name = shorten(pen, run.nameOf(lane), 110)
      const width = pen.measureText(name).width
      const spot = named.get(panel)!.place(X + 11 + width / 2, Y - (crew.length ? 9 : 2), width, 10, 0)
      if (spot) write(pen, name, spot[0], spot[1], c.text, panel.toScale ? c.ground : c.space)
    }
    pen.restore()
    hits.push({ x: X, y: Y, r: 11, lane })
    pips(pen, run, panel, t, c, shown, hits, crew, X, Y, narrow)
  }
}

/** Draw those aboard a vessel as small tokens behind its hull. */
function pips(
  pen: Pen,
  run: Run,
  panel: Panel,
  t: number,
  c: Colours,
  shown: Shown,
  hits: Hit[],
  crew: number[],
  X: number,
  Y: number,
  narrow: boolean,
) {
  const most = narrow ? 4 : 7
  const r = narrow ? 4.5 : 5.5
  crew.slice(0, most).forEach((person, i) => {
    const x = X + (narrow ? 12 : 18) + i * (r * 2 + 2.5)
    const y = Y + (narrow ? 0 : 8)
    if (x > panel.box.x + panel.box.width - 6) return
    const lane = 'p' + person
    token(pen, x, y, r, run.side(lane), c, '', {
      on: person === shown.who || shown.lit?.has(lane),
      dead: run.person(person, t)[4] === DEAD,
    })
    hits.push({ x, y, r: r + 2, lane })
  })
  if (crew.length > most) {
    const x = X + (narrow ? 12 : 18) + most * (r * 2 + 2.5) + 4
    write(pen, '+' + (crew.length - most), x, Y + (narrow ? 3 : 11), c.muted, c.ground, 10)
  }
}

function people(pen: Pen, run: Run, panels: Panel[], t: number, c: Colours, shown: Shown, hits: Hit[]) {
  const spots: { panel: Panel; x: number; y: number; place: number; who: number[] }[] = []
  run.data.people.forEach((_, row) => {
    const where = run.wherePerson(row, t)
    if (where.vessel >= 0) return
    const found = panelFor(run, panels, where)
    if (!found) return
    const [panel, x, y] = found
    const near = spots.find(
      spot =>
        spot.panel === panel &&
        ((where.place >= 0 && spot.place === where.place) ||
          (Math.abs(spot.x - x) < 40 && Math.abs(spot.y - y) < 26 && (where.place < 0 || spot.place < 0))),
    )
    if (near) near.who.push(row)
    else spots.push({ panel, x, y, place: where.place, who: [row] })
  })
  const few = run.data.people.length <= FEW
  for (const { panel, x, y, who } of spots) {
    const narrow = panel.box.width < NARROW
    const roomy = few && !narrow && who.length <= MOST_NAMED && alone(spots, panel, x, y)
    const r = narrow ? 6.5 : few ? 12 : 9
    const step = roomy ? NAME : r * 2 + 4
    const per = Math.min(who.length, panel.map < 0 ? 6 : narrow ? 5 : 6)
    who.forEach((person, i) => {
      const line = Math.floor(i / per)
      const inLine = Math.min(per, who.length - line * per)
      const [X, Y] = clampInto(
        panel.box,
        x + ((i % per) - (inLine - 1) / 2) * step,
        y - r - 6 - line * (r * 2 + 4),
        roomy ? NAME / 2 : r + 3,
      )
      const lane = 'p' + person
      const status = run.person(person, t)[4]
      token(pen, X, Y, r, run.side(lane), c, run.initials(lane), {
        on: person === shown.who || shown.lit?.has(lane),
        dead: status === DEAD,
        held: status === HELD,
        icon: run.shown(lane).icon,
      })
      if (roomy) {
        pen.font = `11px ${FONT}`
        const ground = panel.toScale || panel.map < 0 ? c.ground : c.space
        write(pen, shorten(pen, run.nameOf(lane), NAME - 6), X, Y - r - 7, c.text, ground, 11)
      }
      hits.push({ x: X, y: Y, r: r + 3, lane })
    })
  }
}

/** Return whether a spot has so much room around it that names fit beside one another. */
const alone = (spots: { panel: Panel; x: number; y: number }[], panel: Panel, x: number, y: number) =>
  !spots.some(
    spot =>
      spot.panel === panel &&
      !(spot.x === x && spot.y === y) &&
      Math.abs(spot.x - x) < 2 * NAME &&
      Math.abs(spot.y - y) < 60,
  )

/** Draw the maps of a run at a time; return what can be pointed at. */
export function draw(
  pen: Pen,
  run: Run,
  panels: Panel[],
  width: number,
  height: number,
  t: number,
  colours: Colours,
  shown: Shown,
  fonts: number,
): Scene {
  const hits: Hit[] = []
  background(pen, run, panels, width, height, colours, fonts)
  const perDot = dots(pen, run, panels, t, colours)
  vessels(pen, run, panels, t, colours, shown, hits)
  people(pen, run, panels, t, colours, shown, hits)
  return { hits, perDot }
}
