// Games with people: what a key may see, what it may do, and what the server tells as it happens (docs/protocol.md).
import { called, follow as stream, gamePath, keep, Refused } from './server'
import type { Run } from './run'
import { checked, type Data } from './data'

export interface Option {
  name: string
  told: string
  open: boolean
  why_not: string
}
export interface Question {
  decision: string
  question: string
  asked: string
  options: Option[]
}
/** What one person can know at a moment: the document `seat-1`. */
export interface SeatView {
  person: string
  title: string
  told: string
  faction: string | null
  time: number
  clock: string
  status: string
  place: string | null
  going_to: string | null
  superior: string | null
  commands: string | null
  out_of_office: boolean
  beside: { who: string; status: string; count?: number }[]
  places: { place: string; map: string | null; x?: number; y?: number }[]
  entries: { time: number; clock: string; kind: string; text: string }[]
  beliefs: {
    fact: string
    told: string
    probability: number
    known: boolean
    told_by: string | null
    since: string | null
  }[]
  supposes: { who: string; knows: string }[]
  orders: { order: string; by: string; since: string; answer: string }[]
  duties: string[]
  question: Question | null
}
export interface Reply {
  kind: string
  words?: string
  option?: string
  inject?: string
}
export interface Asked {
  order: number
  person?: string
  words: string
  clock: string
  answer: Reply | null
}
interface Common {
  format: string
  game: string
  version: string
  state: 'playing' | 'paused' | 'ended'
  lone: boolean
  run: string | null
}
export interface SeatGame extends Common {
  role: 'seat'
  person: string
  name: string
  holder: string
  clock_runs: boolean
  view: SeatView
  /** What the author tells whoever takes this seat. */
  brief: string
  may: { back: number; to: [string, string][]; channels: [string, string][] }
  messages: { way: 'in' | 'out'; who: string; channel: string; words: string; time: number; clock: string }[]
  orders: Asked[]
  notes: { clock: string; words: string }[]
  back: { clock: string } | null
}
export interface Node {
  node: number
  parent: number
  kind: string
  time: number
  clock: string
  decision?: string
  option?: string
  sender?: string
  words?: string
  inject?: string
  by?: string
  holder?: string
  name?: string
  took?: number | null
  reason?: string
  hindsight?: boolean
}
export interface FacilitatorGame extends Common {
  role: 'facilitator'
  scenario: string
  title: string
  seed: string
  time: number
  clock: string
  status: string
  ending: string | null
  pace: { rate: number | null; until: number | null; shown: boolean; steady: number | null }
  question:
    | (Question & {
        decider: string
        waits: number
        options: (Option & { probability: number; would: boolean })[]
      })
    | null
  seats: {
    person: string
    told: string
    holder: string
    name: string
    here: number
    asked: boolean
  }[]
  injects: {
    inject: string
    told: string
    expected: string
    objective: string
    planned: number | null
    seen_by: string[]
    given: number
    open: boolean
  }[]
  coming: { number: number; inject: string; at: number; clock: string }[]
  orders: Asked[]
  messages: { from: string; to: string; channel: string; words: string; clock: string; state: string }[]
  notes: { clock: string; words: string; to: string[] }[]
  entries: { time: number; clock: string; text: string }[]
  tree: { at: number; nodes: Node[] }
  answers: number
}
export type Game = SeatGame | FacilitatorGame
export interface Links {
  id: string
  /** The address by which players reach the server. */
  base: string
  facilitator: string | null
  seats: Record<string, string>
}
export interface Event {
  event: 'view' | 'said' | 'clock' | 'reset'
  data: unknown
}

const path = (game: string, rest = '') => `/api/games/${encodeURIComponent(game)}${rest}`

export const made = async (body: object): Promise<Links> => called('/api/games', body)
export const game = async (name: string, as = ''): Promise<Game> =>
  called(path(name, as && `?as=${encodeURIComponent(as)}`), undefined, name)
export const links = async (name: string): Promise<Links> => called(path(name, '/links'), undefined, name)
export const gamePage = async (name: string): Promise<Data> =>
  checked(await called(path(name, '/page'), undefined, name))
/** Ask for something in a game, and show what it is then; what is refused says that too. */
export async function act<View extends Game>(
  name: string,
  what: string,
  body: object,
  update: (game: View) => void,
) {
  try {
    update(await called(path(name, '/' + what), body, name))
  } catch (error) {
    if (error instanceof Refused && error.said.view) update(error.said.view as View)
    throw error
  }
}

/** Keep the keys of links, so that they open in this tab without the key in the address. */
export function keepKey(game: string, link: string | null) {
  const key = new URLSearchParams(link?.split('#')[1]).get('key')
  if (key) keep(key, game)
}

export interface Listed {
  id: string
  error?: string
  scenario: string
  title: string
  seed: string
  seats: Record<string, { holder: string; name: string }>
  ended: boolean
  lone: boolean
  run: string | null
}
export const list = async (): Promise<Listed[]> => called('/api/games')

/** Take somebody's chair where a run stands just before an entry: it was so until there, and then it is the player's. */
export async function takeChair(run: Run, entry: number, person: string): Promise<string> {
  const { scenario, seed, variants, overrides, choices, chosen, decisions } = run.data
  const decider = new Map(decisions.map(([id, , who]) => [id, who]))
  const others = Object.keys(choices).flatMap(decision => decider.get(decision) ?? [])
  const seats = { ...Object.fromEntries(others.map(who => [who, 'program'])), [person]: 'human' }
  const from = Object.entries(chosen)
    .filter(([number, [decision]]) => +number < entry && (decider.get(decision) ?? '') in seats)
    .sort((a, b) => +a[0] - +b[0])
    .map(([, answer]) => answer)
  const found = await made({ scenario, seed, variants, overrides, seats, lone: true, from })
  keepKey(found.id, found.seats[person])
  return gamePath(found.id)
}

/** Read the events of a game until stopped; `lost` says whether the connection is lost at the moment. */
export const follow = (
  name: string,
  told: (event: Event) => void,
  lost: (gone: boolean) => void,
): (() => void) => stream(path(name, '/events'), name, told, lost)
