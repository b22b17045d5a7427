// What the page asks of `briarpatch serve`. The key comes in the fragment of the printed address, and stays in this tab.
import { checked, type Data } from './data'

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
    public said: { error?: string; view?: unknown },
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
}
export const scenario = async (name: string): Promise<ScenarioData> => called(`/api/scenarios/${named(name)}`)
export const home = async (): Promise<HomeData> => called('/api/home')
export const engine = async (): Promise<Engine> => called('/api/ready')
export const runPage = async (name: string): Promise<Data> =>
  checked(await called(`/api/runs/${named(name)}/page`))
export const example = async (): Promise<Data> => checked(await called('/api/example'))
export const playRun = async (
  scenario: string,
  seed: string,
  variants: Record<string, string> = {},
): Promise<string> => (await called('/api/runs', { scenario, seed, variants })).id
export const playInstead = async (name: string, choices: Record<string, string>): Promise<string> =>
  (await called(`/api/runs/${named(name)}/instead`, { choices })).id

/** Save a run as one file, through this tab, since a link could not carry the key. */
export async function download(name: string) {
  const content = await (await ask(`/api/runs/${named(name)}/export.html`)).blob()
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name + '.html'
  link.click()
  URL.revokeObjectURL(link.href)
}

/** What an address is about. */
export type Screen = 'home' | 'example' | 'run' | 'compare' | 'scenario' | 'game' | 'ensemble' | 'decision'
export interface Address {
  screen: Screen
  name: string
  other: string
}
const SCREENS: Record<string, Screen> = {
  run: 'run',
  scenario: 'scenario',
  play: 'game',
  ensemble: 'ensemble',
  decision: 'decision',
}

export function addressOf(path: string): Address {
  const [, kind, name = '', other = ''] = path.split('/').map(decodeURIComponent)
  if (kind === 'example') return { screen: 'example', name: '', other: '' }
  if (kind === 'compare' && name && other) return { screen: 'compare', name, other }
  return name && kind in SCREENS
    ? { screen: SCREENS[kind], name, other: '' }
    : { screen: 'home', name: '', other: '' }
}
export const scenarioPath = (name: string) => `/scenario/${named(name)}`
export const gamePath = (name: string) => `/play/${named(name)}`
export const runPath = (name: string) => `/run/${named(name)}`
export const comparePath = (name: string, other: string) => `/compare/${named(name)}/${named(other)}`
