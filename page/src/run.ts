// A run, and the questions that the views ask of it. Nothing here knows the screen.
import type { Belief, Data, Entry, Lane, PersonSegment, Shown, VesselSegment } from './data'
import { clock, when } from './figures'
import { glyphOf } from './kinds'

/** Return the index of the last row that begins at or before t; 0 when t is before all. */
export function upTo<Row extends readonly unknown[]>(rows: readonly Row[], t: number): number {
  let low = 0
  let high = rows.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((rows[middle][0] as number) <= t) low = middle
    else high = middle - 1
  }
  return low
}

export const FREE = 0
export const HELD = 1
export const DEAD = 2
export const LOST = 5
/** The mode of a vessel that is destroyed. */

export interface Where {
  x: number
  y: number
  place: number
  /** The vessel that the person is aboard, or -1. */
  vessel: number
  map: number
  moving: boolean
}

/** Return the position on the line of a segment at a time, and whether it moves then. */
export function onLine(line: readonly (number | undefined)[], t: number): [number, number, boolean] {
  const [x = 0, y = 0, x1, y1, since = 0, until = 0] = line
  if (x1 === undefined || y1 === undefined) return [x, y, false]
  const share = t >= until ? 1 : t <= since ? 0 : (t - since) / (until - since)
  return [x + share * (x1 - x), y + share * (y1 - y), share > 0 && share < 1]
}

export const probability = (odds: number): number => 1 / (1 + Math.exp(-odds))
export const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
type Named = 'people' | 'crowds' | 'vessels' | 'devices' | 'factions' | 'facts'
const SECTIONS: Record<string, Named> = {
  p: 'people',
  c: 'crowds',
  v: 'vessels',
  d: 'devices',
  f: 'factions',
  k: 'facts',
}
const ARTICLE = /^(the|a|an) /i

/** What stands in one row of the chronicle: an entry, or several of one kind in a row. */
export interface Row {
  first: number
  last: number
  count: number
  time: number
  glyph: string
  text: string
  weight: number
}

/** How one of a crowd is told: "the fourth of the villagers died". */
const ONE_OF = /^The \S+ of (.+)$/

/** Seconds within which what repeats becomes one row. */
const REPEATS_WITHIN = 3 * 3600

export class Run {
  /** Whom each entry is about. */
  about: Lane[][] = []
  /** The entries that name each entry as a cause. */
  effects: number[][] = []
  lanes: Lane[] = []
  rows: Row[] = []
  /** The row in which each entry is shown. */
  rowOf: Row[] = []
  private starts: number[]
  private beliefRows: Map<number, Belief[]>[]

  constructor(public data: Data) {
    this.starts = data.entries.map(entry => entry[0])
    this.beliefRows = data.beliefs.map(rows => {
      const found = new Map<number, Belief[]>()
      for (const row of rows) (found.get(row[1]) ?? found.set(row[1], []).get(row[1])!).push(row)
      return found
    })
    this.readEntries()
    this.fold()
  }

  private readEntries() {
    const count = new Map<Lane, number>()
    for (const entry of this.data.entries) {
      const named = new Set<Lane>()
      for (const lane of [entry[2], entry[3], ...(entry[8] ?? [])]) if (lane) named.add(lane)
      this.about.push([...named])
      if (entry[6] > 0) for (const lane of named) count.set(lane, (count.get(lane) ?? 0) + 1)
      this.effects.push([])
    }
    this.data.entries.forEach((entry, number) => {
      for (const cause of entry[5]) this.effects[cause]?.push(number)
    })
    const order = 'pcvd'
    const often: Record<string, number> = { p: 0, c: 1, v: 3, d: 2 }
    this.lanes = [...this.data.people.map((_, row) => 'p' + row), ...count.keys()]
      .filter((lane, place, all) => all.indexOf(lane) === place && order.includes(lane[0]))
      .filter(
        lane => (count.get(lane) ?? 0) > often[lane[0]] || (lane[0] === 'p' && this.data.people.length <= 24),
      )
      .sort((a, b) => this.laneOrder(a) - this.laneOrder(b))
  }

  private laneOrder(lane: Lane): number {
    return this.factionOf(lane) * 1e6 + 'pcvd'.indexOf(lane[0]) * 1e5 + +lane.slice(1)
  }

  /** Let what repeats within a few hours be one row with a count. */
  private fold() {
    const open = new Map<string, Row>()
    this.data.entries.forEach((entry, number) => {
      const [time, kind, subject, , , , weight, text] = entry
      const members = subject?.[0] === 'c' ? ONE_OF.exec(text) : null
      const key = `${kind}|${members ? members[1] : text.replace(/\d+/g, '#')}`
      const row = open.get(key)
      if (row && time - this.starts[row.last] < REPEATS_WITHIN && !(String(number) in this.data.chosen)) {
        row.last = number
        row.count++
        if (members) row.text = `${row.count} of ${members[1].replace(/ was /, ' were ')}`
        this.rowOf.push(row)
        return
      }
      const made: Row = { first: number, last: number, count: 1, time, glyph: glyphOf(kind), text, weight }
      open.set(key, made)
      this.rows.push(made)
      this.rowOf.push(made)
    })
  }

  entry(number: number): Entry {
    return this.data.entries[number]
  }

  factionOf(lane: Lane): number {
    const row = +lane.slice(1)
    const { people, vessels, crowds, devices } = this.data
    if (lane[0] === 'p') return people[row][2]
    if (lane[0] === 'v') return vessels[row][2]
    if (lane[0] === 'c') return crowds[row][2]
    if (lane[0] === 'd') return devices[row][2] >= 0 ? vessels[devices[row][2]][2] : -1
    return lane[0] === 'f' ? row : -1
  }

  /** Return the colour and the outline of a faction, 0 to 4; the sixth and later reuse them. */
  slot(faction: number): number {
    const said = faction < 0 ? undefined : this.data.view?.factions?.[this.data.factions[faction][0]]?.slot
    return said ?? faction
  }

  /** Return the colour and the outline of whom a lane is. */
  side(lane: Lane): number {
    return this.slot(this.factionOf(lane))
  }

  /** Return how the author wishes to show whom a lane is. */
  shown(lane: Lane): Shown {
    const section = SECTIONS[lane[0]]
    const row = section && (this.data[section] as readonly (readonly unknown[])[])[+lane.slice(1)]
    return (row && this.data.view?.[section]?.[String(row[0])]) || {}
  }

  /** Return the words for whom a lane is, without an article, as short as the author has them. */
  nameOf(lane: Lane): string {
    const section = SECTIONS[lane[0]]
    const rows = section ? (this.data[section] as readonly (readonly unknown[])[]) : []
    return this.shown(lane).short ?? upper(String(rows[+lane.slice(1)]?.[1] ?? '').replace(ARTICLE, ''))
  }

  /** Return one or two letters that stand on a token. */
  initials(lane: Lane): string {
    const said = this.shown(lane).initials
    if (said) return said
    const words = this.nameOf(lane)
      .split(/\s+/)
      .filter(word => !/^(of|the|at|a|an|in|on)$/i.test(word))
    const letters = words.length > 1 ? [...words[0]][0] + [...words[1]][0].toUpperCase() : (words[0] ?? '')
    return [...letters].slice(0, 2).join('')
  }

  /** Return how the author wishes to show a place. */
  shownPlace(place: number): Shown {
    return this.data.view?.places?.[this.data.places[place][0]] ?? {}
  }

  placeName(place: number): string {
    return this.shownPlace(place).short ?? upper(this.data.places[place][1].replace(ARTICLE, ''))
  }

  /** Return an ending in as few words as the author has for it. */
  endingName(name: string): string {
    return this.data.view?.endings?.[name]?.short ?? name.replaceAll('_', ' ')
  }

  clock(t: number): { day: number; time: string } {
    return clock(t, this.data.start)
  }

  when(t: number): string {
    return when(t, this.data.start)
  }

  /** Return the last entry at or before a time. */
  at(t: number): number {
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.starts[middle] <= t) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Return an entry and all that led to it, newest first. */
  why(number: number): number[] {
    const seen = new Set([number])
    for (const found of seen) for (const cause of this.entry(found)[5]) seen.add(cause)
    return [...seen].sort((a, b) => b - a)
  }

  /** Return what came of an entry, oldest first. */
  ledTo(number: number): number[] {
    const seen = new Set([number])
    for (const found of seen) for (const effect of this.effects[found]) seen.add(effect)
    return [...seen].sort((a, b) => a - b)
  }

  belief(person: number, fact: number): Belief[] {
    return this.beliefRows[person]?.get(fact) ?? []
  }

  /** Return what a person holds of a fact at a time; nothing when they never gave it a thought. */
  believes(person: number, fact: number, t: number): Belief | undefined {
    const rows = this.belief(person, fact)
    return rows.length && rows[0][0] <= t ? rows[upTo(rows, t)] : undefined
  }

  isSo(fact: number, t: number): boolean {
    const rows = this.data.truth[fact]
    return rows.length > 0 && rows[upTo(rows, t)][1] !== 0
  }

  person(row: number, t: number): PersonSegment {
    const rows = this.data.moves.people[row]
    return rows[upTo(rows, t)]
  }

  vessel(row: number, t: number): VesselSegment {
    const rows = this.data.moves.vessels[row]
    return rows[upTo(rows, t)]
  }

  /** Return the vessel inside which a place is; -1 for none. */
  carrier(place: number): number {
    if (place < 0) return -1
    const [, , , , , vessel, device] = this.data.places[place]
    return vessel >= 0 ? vessel : device >= 0 ? this.data.devices[device][2] : -1
  }

  wherePerson(row: number, t: number): Where {
    const segment = this.person(row, t)
    const [x, y, moving] = onLine(segment.slice(6) as number[], t)
    return { x, y, place: segment[2], vessel: this.carrier(segment[2]), map: segment[3], moving }
  }

  whereVessel(row: number, t: number): Where {
    const segment = this.vessel(row, t)
    const [x, y, moving] = onLine(segment.slice(8) as number[], t)
    return { x, y, place: segment[2], vessel: this.carrier(segment[2]), map: segment[3], moving }
  }

  endingWords(name: string | null): string {
    return this.data.endings.find(ending => ending[0] === name)?.[1] ?? ''
  }
}
