// What the page asks of `briarpatch serve`. The key comes in the fragment of the printed address, and stays in this tab.
import { checked, type Data } from './data'

const KEY = 'briarpatch-key'

/** Take the key out of the address, so that it is neither seen nor copied. */
export function takeKey() {
  const said = new URLSearchParams(location.hash.replace(/^#/, ''))
  const key = said.get('key')
  if (!key) return
  sessionStorage.setItem(KEY, key)
  said.delete('key')
  const rest = said.toString()
  history.replaceState(null, '', location.pathname + (rest ? '#' + rest : ''))
}

async function ask(path: string, body?: unknown): Promise<Response> {
  const answer = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => {
    throw new Error('The server does not answer. Is `briarpatch serve` still running?')
  })
  if (answer.ok) return answer
  const said = await answer.json().catch(() => ({}))
  throw new Error(said.error ?? `The server said ${answer.status}.`)
}

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
export const home = async (): Promise<HomeData> => (await ask('/api/home')).json()
export const engine = async (): Promise<Engine> => (await ask('/api/ready')).json()
export const runPage = async (name: string): Promise<Data> =>
  checked(await (await ask(`/api/runs/${named(name)}/page`)).json())
export const playRun = async (scenario: string, seed: string): Promise<string> =>
  (await (await ask('/api/runs', { scenario, seed })).json()).id
export const playInstead = async (name: string, choices: Record<string, string>): Promise<string> =>
  (await (await ask(`/api/runs/${named(name)}/instead`, { choices })).json()).id

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
export type Address =
  { screen: 'home' } | { screen: 'run'; name: string } | { screen: 'compare'; name: string; other: string }

export function addressOf(path: string): Address {
  const [, kind, name, other] = path.split('/').map(decodeURIComponent)
  if (kind === 'run' && name) return { screen: 'run', name }
  if (kind === 'compare' && name && other) return { screen: 'compare', name, other }
  return { screen: 'home' }
}
export const runPath = (name: string) => `/run/${named(name)}`
export const comparePath = (name: string, other: string) => `/compare/${named(name)}/${named(other)}`
