// Long questions: what the server says of each, and what it takes to ask, stop and go on with one.
import { called, follow, Refused, runPath, words } from './server'

export type State = 'waiting' | 'playing' | 'done' | 'stopped' | 'failed'
export interface Job {
  id: string
  kind: string | null
  asked: Record<string, unknown>
  state: State
  progress: { what: string; done: number; total: number | null; rate: number; left: number | null } | null
  words: string
}
/** A job with what it came to, as far as it is. */
export interface Answered extends Job {
  /** What is played, where that is known. */
  scenario: string | null
  answer: unknown
  text: string
}

const path = (id: string, rest = '') => `/api/jobs/${encodeURIComponent(id)}${rest}`
export const answered = async (id: string): Promise<Answered> => called(path(id))
export const documentPath = (id: string, file: string) => path(id, '/' + file)
export const undone = (job: Job) => job.state === 'waiting' || job.state === 'playing'

/** Ask a question; the same question is the same job. */
export async function asked(kind: string, about: Record<string, unknown>): Promise<Job> {
  const { run, scenario, ...rest } = about
  const where =
    kind === 'ensemble' || kind === 'decision'
      ? [`/api/${kind}s`, { scenario, ...rest }]
      : [`/api/runs/${encodeURIComponent(String(run))}/${kind}`, rest]
  const ask = (more: object): Promise<Job> => called(where[0] as string, { ...(where[1] as object), ...more })
  const job = await ask({}).catch(error => {
    const worlds = error instanceof Refused && error.said.worlds
    if (!worlds || !confirm(`Play ${worlds.toLocaleString('en')} worlds? It can be stopped at any time.`))
      throw error
    return ask({ confirmed: true })
  })
  jobs.note(job)
  return job
}
/** Go on with a job that was stopped. */
export const goOn = (job: Job): Promise<Job> => {
  const { kind, ...rest } = job.asked
  // However many worlds it plays, that was confirmed when it was asked first.
  return asked(String(kind), { ...rest, confirmed: true })
}
export const canGoOn = (job: Job) =>
  KINDS.includes(String(job.asked.kind)) && job.state !== 'done' && !undone(job)
export async function stop(job: Job) {
  jobs.note(await called(path(job.id, '/stop'), {}))
}

const KINDS = ['ensemble', 'decision', 'turning', 'whatif', 'review']
const TITLES: Record<string, string> = {
  ensemble: 'Many worlds',
  decision: 'Decision',
  turning: 'Turning points',
  whatif: 'What if',
  review: 'Review',
}
export const titleOf = (job: Job) => TITLES[job.kind ?? ''] ?? job.kind ?? 'Job'
export const subjectOf = (job: Job) => String(job.asked.run ?? job.asked.scenario ?? job.id)

/** What was asked, in a line: what a job is told besides its subject. */
export function settingsOf(job: Job): string {
  const said = (value: unknown): string =>
    Array.isArray(value)
      ? value.join(', ')
      : value && typeof value === 'object'
        ? Object.entries(value)
            .map(([name, one]) => `${name} = ${one}`)
            .join(', ')
        : String(value)
  const { kind, run, scenario, decision, n, ...rest } = job.asked
  const parts = decision ? [said(decision)] : []
  if (n) parts.push(`${Number(n).toLocaleString('en')} worlds`)
  for (const [name, value] of Object.entries(rest)) if (said(value)) parts.push(`${name}: ${said(value)}`)
  return parts.join(' · ')
}

/** Where a job is shown. */
export function jobPath(job: Job): string {
  const id = encodeURIComponent(job.id)
  if (job.kind === 'review' && job.asked.run)
    return `${runPath(String(job.asked.run))}#panel=review&job=${id}`
  return `/${job.kind === 'ensemble' || job.kind === 'decision' ? job.kind : 'job'}/${id}`
}

/** The jobs of the server, as they change; they are followed while somebody looks at this tab. */
class Jobs {
  all = $state.raw<Job[]>([])
  wrong = $state('')
  lost = $state(false)
  /** Those that still run or wait come first. */
  sorted = $derived([...this.all].sort((a, b) => +undone(b) - +undone(a)))
  private watchers = 0
  private end = () => {}

  note(job: Job) {
    const others = this.all.filter(one => one.id !== job.id)
    const at = this.all.findIndex(one => one.id === job.id)
    this.all = at < 0 ? [job, ...others] : this.all.map(one => (one.id === job.id ? job : one))
  }

  async load() {
    try {
      this.all = await called('/api/jobs')
      this.wrong = ''
    } catch (error) {
      this.wrong = words(error)
    }
  }

  /** Follow the jobs; return what stops it. */
  watch(): () => void {
    const look = () => {
      this.end()
      this.end = () => {}
      if (document.hidden) return
      this.end = follow<{ event: string; data: Job }>(
        '/api/stream',
        '',
        ({ event, data }) => (event === 'job' ? this.note(data) : this.load()),
        gone => {
          this.lost = gone
          // What happened before the stream began, or while it was lost or refused, stands in the list.
          this.load()
        },
      )
    }
    if (!this.watchers++) {
      look()
      document.addEventListener('visibilitychange', look)
      this.stopLooking = () => document.removeEventListener('visibilitychange', look)
    }
    return () => {
      if (--this.watchers) return
      this.end()
      this.stopLooking()
    }
  }
  private stopLooking = () => {}
}
export const jobs = new Jobs()
