// One run as the page reads it: the document `page-1`. Rows refer to one another by index, -1 for nobody.

/** Whom an entry names: a letter (p person, c crowd, v vessel, d device, f faction, k fact) and a row. */
export type Lane = string

export type Entry = [
  time: number,
  kind: string,
  subject: Lane | null,
  object: Lane | null,
  place: number,
  causes: number[],
  weight: number,
  text: string,
  about?: Lane[],
]

/** A straight line from a point to another, or a point alone. */
export type Line = [x: number, y: number, x1?: number, y1?: number, since?: number, until?: number]

export type PersonSegment = [
  from: number,
  until: number,
  place: number,
  map: number,
  status: number,
  look: number,
  ...line: Line,
]
export type CrowdSegment = [crowd: number, count: number, ...segment: PersonSegment]
export type VesselSegment = [
  from: number,
  until: number,
  place: number,
  map: number,
  mode: number,
  cloaked: number,
  hull: number,
  shield: number,
  ...line: Line,
]
export type Belief = [time: number, fact: number, odds: number, known: number, by: number, entry: number]
export type Place = [
  id: string,
  words: string,
  map: number,
  x: number | null,
  y: number | null,
  vessel: number,
  device: number,
]
export type Region = [
  map: number,
  x: number,
  y: number,
  x1: number,
  y1: number,
  radius: number,
  blackout: number,
  drag: number,
  interference: number,
]
export type Measure = [id: string, words: string, unit: string, better: string, value: number | null]

export interface Chance {
  low: number
  high: number
}
export interface Turning {
  continuations: number
  endings: string[]
  moments: { time: number; probability: Record<string, [number, number, number]> }[]
  turns: {
    since: number
    until: number
    entry: number | null
    text: string
    ending: string
    change: [number, number, number]
    certain: boolean
    /** How many entries were written in it. */
    others: number
    /** Whether it does not come about when the entry is left out. */
    needed: boolean
    without: { entry: number; how: string; chance: [number, number, number] }[]
  }[]
}

/** How the author wishes something to be shown. */
export interface Shown {
  short?: string
  slot?: number
  initials?: string
  icon?: string
  label?: 'above' | 'below' | 'left' | 'right'
  brief?: string
}

export interface Data {
  format: string
  /** Whose knowledge alone this is; nothing for the whole run. */
  as?: [id: string, words: string]
  scenario: string
  title: string
  summary: string
  seed: string
  choices: Record<string, string>
  variants: Record<string, string>
  overrides: Record<string, string>
  answers: [string, string][]
  status: string
  T: number
  start: number
  ending: string | null
  endings: [id: string, words: string][]
  measures: Measure[]
  factions: [id: string, words: string][]
  people: [id: string, words: string, faction: number][]
  crowds: [id: string, words: string, faction: number, count: number][]
  vessels: [id: string, words: string, faction: number, inside: number][]
  devices: [id: string, words: string, aboard: number, stands: number][]
  facts: [id: string, words: string][]
  maps: [id: string, words: string, within: number, x: number, y: number][]
  places: Place[]
  routes: [id: string, words: string, map: number, points: number[]][]
  regions: Region[]
  /** What lies beneath the maps of the Earth, areas first. */
  backdrop?: [map: number, water: number, closed: number, rings: number[][]][]
  entries: Entry[]
  kinds: Record<string, [meaning: string, weight: number]>
  decisions: [id: string, question: string, decider: string, options: [id: string, words: string][]][]
  chosen: Record<string, [decision: string, option: string]>
  moves: { people: PersonSegment[][]; vessels: VesselSegment[][]; crowds: CrowdSegment[] }
  beliefs: Belief[][]
  devices_over_time: [time: number, mode: number, stage: number, armed: number][][]
  truth: [time: number, so: number][][]
  values: [time: number, value: number | null][][]
  view?: Partial<Record<string, Record<string, Shown>>>
  /** Who played it, and what they did, where people did. */
  played?: {
    nodes: {
      kind: string
      decision?: string
      option?: string
      name?: string
      took?: number | null
      reason?: string
    }[]
  } | null
  turning?: Turning | null
  needed?: Record<string, number[]>
}

export const FORMAT = 'page-1'

/** Return the document that stands in the page itself under a name; nothing when it does not. */
export async function embedded(name: string): Promise<Data | undefined> {
  const element = document.getElementById('data-' + name)
  if (!element) return undefined
  const packed = Uint8Array.from(atob(element.textContent!.trim()), c => c.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  return checked(await new Response(stream).json())
}

/** Return a document that this page can read; throws in words when it cannot. */
export function checked(data: Data): Data {
  if (data?.format !== FORMAT) {
    throw new Error(
      `This page reads ${FORMAT}, and the run was written as ${data?.format ?? 'something else'}.`,
    )
  }
  return data
}
