// What the page asks of `briarpatch serve`. The key comes in the fragment of the printed address, and stays in this tab.
import { checked, type Data, type Shown } from './data'

/** Whether a server hands this page out; a page that stands alone has nobody to ask. */
export const SERVED = import.meta.env.MODE !== 'single'
const KEY = 'briarpatch-key'

/** Keep a key in this tab: the owner's, or that of a game. */
export const keep = (key: string, game = '') => sessionStorage.setItem(KEY + game, key)

/** Return the key for a game, or else the owner's. */
export const keyOf = (game = ''): string =>
  sessionStorage.getItem(KEY + game) ?? sessionStorage.getItem(KEY) ?? ''

/** Take the key out of the address, so that it is neither seen nor copied. */
export function takeKey() {
  const said = new URLSearchParams(location.hash.replace(/^#/, ''))
  const key = said.get('key')
  if (!key) return
  const address = addressOf(location.pathname)
  keep(key, address.screen === 'game' ? address.name : '')
  said.delete('key')
  const rest = said.toString()
  history.replaceState(null, '', location.pathname + (rest ? '#' + rest : ''))
}

/** An answer that says no, with what else it says. */
export class Refused extends Error {
  constructor(
    public status: number,
    public said: { error?: string; view?: unknown; worlds?: number },
  ) {
    super(said.error ?? `The server said ${status}.`)
  }
}

export async function ask(
  path: string,
  body?: unknown,
  game = '',
  more: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const answer = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${keyOf(game)}`, ...more.headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: more.signal,
  }).catch(() => {
    throw new Error('The server does not answer. Is `briarpatch serve` still running?')
  })
  if (answer.ok) return answer
  throw new Refused(answer.status, await answer.json().catch(() => ({})))
}
/** Return what the server answers, as data. */
export const called = async (path: string, body?: unknown, game = '') => (await ask(path, body, game)).json()
/** Milliseconds after which a lost stream is tried again, twice as long each time. */
const FIRST_WAIT = 500
const LONGEST_WAIT = 15_000

/** Read a stream of events until stopped; `lost` says whether the connection is lost at the moment. */
export function follow<Event>(
  path: string,
  game: string,
  told: (event: Event) => void,
  lost: (gone: boolean) => void,
): () => void {
  const stop = new AbortController()
  let last = ''
  let wait = FIRST_WAIT
  async function read() {
    const headers = last ? { 'last-event-id': last } : undefined
    const answer = await ask(path, undefined, game, { headers, signal: stop.signal })
    lost(false)
    wait = FIRST_WAIT
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += value
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const said = new Map(
          block.split('\n').flatMap(line => {
            const at = line.indexOf(':')
            return at > 0 ? [[line.slice(0, at), line.slice(at + 1).replace(/^ /, '')] as const] : []
          }),
        )
        if (said.has('id')) last = said.get('id')!
        if (said.has('event'))
          told({ event: said.get('event'), data: JSON.parse(said.get('data')!) } as Event)
      }
    }
  }
  async function go() {
    while (!stop.signal.aborted) {
      await read().catch(() => {})
      if (stop.signal.aborted) return
      lost(true)
      await new Promise(again => setTimeout(again, wait))
      wait = Math.min(LONGEST_WAIT, wait * 2)
    }
  }
  go()
  return () => stop.abort()
}
/** Open a link in this page, unless it is to open in a tab or a window of its own. */
export const opening = (open: (path: string) => void) => (event: MouseEvent) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  open((event.currentTarget as HTMLElement).getAttribute('href')!)
}
export const words = (error: unknown) => (error instanceof Error ? error.message : String(error))

export interface Overview {
  name: string
  title: string
  summary: string
  people: number
  decisions: number
  until: string
}
export interface Listed {
  id: string
  error?: string
  scenario: string
  title: string
  seed: string
  choices: Record<string, string>
  ending: string | null
  status: string
  clock: string
}
export interface Engine {
  ready: boolean
  done: number
  total: number
  error: string
}
export interface HomeData {
  version: string
  scenarios: Overview[]
  runs: Listed[]
  engine: Engine
}

const named = (name: string) => encodeURIComponent(name)
export interface ScenarioData {
  name: string
  title: string
  summary: string
  people: [id: string, words: string][]
  decisions: [id: string, question: string, decider: string, options: [id: string, words: string][]][]
  variants: [id: string, question: string, setting: string, settings: Record<string, string>][]
  endings: [id: string, words: string][]
  measures: [id: string, words: string, unit: string, better: string][]
  view: Partial<Record<string, Record<string, Shown>>>
  start: number
}
export const scenario = async (name: string): Promise<ScenarioData> => called(`/api/scenarios/${named(name)}`)
export const home = async (): Promise<HomeData> => called('/api/home')
export const engine = async (): Promise<Engine> => called('/api/ready')
const seenAs = (person: string) => (person ? `?as=${named(person)}` : '')
/** Return a run; as one person could know it, where that is asked for. */
export const runPage = async (name: string, as = ''): Promise<Data> =>
  checked(await called(`/api/runs/${named(name)}/page${seenAs(as)}`))
export const example = async (): Promise<Data> => checked(await called('/api/example'))
export const playRun = async (
  scenario: string,
  seed: string,
  variants: Record<string, string> = {},
): Promise<string> => (await called('/api/runs', { scenario, seed, variants })).id
export const playInstead = async (name: string, choices: Record<string, string>): Promise<string> =>
  (await called(`/api/runs/${named(name)}/instead`, { choices })).id

/** Save what the server answers as a file, through this tab, since a link could not carry the key. */
export async function download(path: string, name: string) {
  const content = await (await ask(path)).blob()
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
export const exportPath = (name: string, as = '') => `/api/runs/${named(name)}/export.html${seenAs(as)}`

/** What an address is about. */
export type Screen = 'home' | 'example' | 'run' | 'compare' | 'scenario' | 'game' | 'jobs' | 'job'
export interface Address {
  screen: Screen
  name: string
  other: string
}
const SCREENS: Record<string, Screen> = {
  run: 'run',
  scenario: 'scenario',
  play: 'game',
  ensemble: 'job',
  decision: 'job',
  job: 'job',
}

export function addressOf(path: string): Address {
  const [, kind, name = '', other = ''] = path.split('/').map(decodeURIComponent)
  if (kind === 'example' || kind === 'jobs') return { screen: kind, name: '', other: '' }
  if (kind === 'compare' && name && other) return { screen: 'compare', name, other }
  return name && kind in SCREENS
    ? { screen: SCREENS[kind], name, other: '' }
    : { screen: 'home', name: '', other: '' }
}
export const scenarioPath = (name: string) => `/scenario/${named(name)}`
export const gamePath = (name: string) => `/play/${named(name)}`
export const runPath = (name: string) => `/run/${named(name)}`
export const comparePath = (name: string, other: string) => `/compare/${named(name)}/${named(other)}`
