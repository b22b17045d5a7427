// What the views share. It is mirrored in the address, so that a link says what one sees.
import { ClockAxis, PacedAxis, type Axis } from './axis'
import type { Run } from './run'

export type Panel = 'watch' | 'beliefs' | 'causes' | 'endings' | 'measures' | 'compare' | 'review'
export const PANELS: [Panel, string][] = [
  ['watch', 'Watch'],
  ['causes', 'Causes'],
  ['beliefs', 'Beliefs'],
  ['endings', 'Endings'],
  ['measures', 'Measures'],
  ['compare', 'Compare'],
]
/** What only a run that a server keeps can be asked. */
export const SERVED_PANELS: [Panel, string][] = [['review', 'Review']]
export type Tab = 'story' | 'beliefs' | 'time' | 'endings'
export type Theme = 'dark' | 'light'

class View {
  run = $state.raw<Run | undefined>()
  /** The name under which a server has this run; empty for one that comes with the package, or stands alone. */
  name = $state('')
  /** The path under which a server shows this run; empty in a page that stands alone. */
  path = $state('')
  other = $state.raw<Run | undefined>()
  t = $state(0)
  playing = $state(false)
  speed = $state(1)
  selected = $state<number | null>(null)
  who = $state(0)
  paced = $state(true)
  all = $state(false)
  hide = $state(false)
  why = $state(false)
  /** Words that the chronicle is searched for. */
  find = $state('')
  panel = $state<Panel>('watch')
  /** Everybody as whom the run can be seen, once all of it was shown. */
  cast = $state.raw<[id: string, words: string][]>([])
  /** The job whose answer is shown, where a panel shows one. */
  job = $state('')
  tab = $state<Tab>('story')
  help = $state(false)
  /** Counts up when fonts have come, so that what is drawn is drawn again. */
  fonts = $state(0)
  theme = $state<Theme>(matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark')
  /** The run that is shown beside the other, on one axis with it. */
  private beside = $derived(this.panel === 'compare' ? this.other : undefined)
  /** When all that is shown has ended. */
  end = $derived(Math.max(this.run?.data.T ?? 0, this.beside?.data.T ?? 0))
  axis = $derived.by((): Axis => {
    const entries = [...(this.run?.data.entries ?? []), ...(this.beside?.data.entries ?? [])]
    return this.paced ? new PacedAxis(entries, this.end) : new ClockAxis(this.end)
  })
  /** The last entry at or before now. It changes only when something happens, so most views hang on it and not on t. */
  entry = $derived(this.run ? this.run.at(this.t) : 0)
  causes = $derived(this.selected !== null && this.run ? new Set(this.run.why(this.selected)) : null)

  /** The panels that this run has, with their words. */
  get panels() {
    if (this.run?.data.as) return PANELS.slice(0, 1)
    return this.name ? [...PANELS, ...SERVED_PANELS] : PANELS
  }

  show(run: Run) {
    this.run = run
    if (!run.data.as) this.cast = run.data.people.map(([id], row) => [id, run.nameOf('p' + row)])
    this.selected = null
    this.who = 0
    this.t = 0
  }

  /** Show no run. */
  leave() {
    this.playing = false
    this.run = undefined
    this.other = undefined
    this.name = this.path = ''
    this.cast = []
  }

  seek(t: number) {
    this.t = Math.max(0, Math.min(this.end, t))
  }

  /** Go to a time, and leave what was selected. */
  leap(t: number) {
    this.selected = null
    this.seek(t)
  }

  select(number: number | null, go = true) {
    this.selected = number
    if (number !== null && go && this.run) this.seek(this.run.entry(number)[0])
  }

  /** Take over what an address says; unknown keys are ignored, and wrong values change nothing. */
  read(hash: string) {
    const run = this.run
    if (!run) return
    const said = new URLSearchParams(hash.replace(/^#/, ''))
    const panel = this.panels.find(([name]) => name === said.get('panel'))
    if (panel) this.panel = panel[0]
    const entry = Number(said.get('entry') ?? NaN)
    if (Number.isInteger(entry) && entry >= 0 && entry < run.data.entries.length) this.select(entry)
    else this.selected = null
    const t = Number(said.get('t') ?? NaN)
    if (Number.isFinite(t)) this.seek(t)
    const who = run.data.people.findIndex(person => person[0] === said.get('who'))
    if (who >= 0) this.who = who
    if (said.has('axis')) this.paced = said.get('axis') !== 'clock'
    if (said.has('show')) this.all = said.get('show') === 'all'
    if (said.has('hide')) this.hide = said.get('hide') === 'future'
    this.job = said.get('job') ?? ''
    const theme = said.get('theme')
    if (theme === 'dark' || theme === 'light') this.theme = theme
  }

  /** What an address says of this view. */
  get hash(): string {
    const said = new URLSearchParams()
    said.set('t', String(Math.round(this.t)))
    if (this.selected !== null) said.set('entry', String(this.selected))
    const person = this.run?.data.people[this.who]
    if (person) said.set('who', person[0])
    if (this.name && this.run?.data.as) said.set('as', this.run.data.as[0])
    if (!this.paced) said.set('axis', 'clock')
    if (this.all) said.set('show', 'all')
    if (this.hide) said.set('hide', 'future')
    if (this.panel !== 'watch') said.set('panel', this.panel)
    if (this.panel === 'review' && this.job) said.set('job', this.job)
    return '#' + said
  }
}

export const view = new View()
