// The keys, and the clock that plays a run. What the keys do is listed by Help.
import { view } from './state.svelte'

/** Seconds in which a whole run plays at speed 1, whatever its length. */
const WHOLE_RUN = 90

/** Go to the next entry that fits, forward or back; without `fits`, the next that is told. */
export function step(direction: 1 | -1, fits?: (number: number) => boolean) {
  const run = view.run
  if (!run) return
  const now = run.at(view.t)
  let number = view.selected ?? (direction > 0 ? now : now + 1)
  for (number += direction; number >= 0 && number < run.data.entries.length; number += direction) {
    if (fits ? fits(number) : view.all || run.entry(number)[6] > 0) {
      view.select(number)
      return
    }
  }
}
export const isChoice = (number: number) => String(number) in (view.run?.data.chosen ?? {})
export const isTurn = (number: number) =>
  (view.run?.data.turning?.turns ?? []).some(turn => turn.certain && turn.entry === number)

export const KEYS: [key: string, words: string, act: (event: KeyboardEvent) => void][] = [
  [' ', 'play, stop', () => (view.playing = !view.playing)],
  [
    'ArrowRight',
    'next entry; with Shift the next choice',
    event => step(1, event.shiftKey ? isChoice : undefined),
  ],
  [
    'ArrowLeft',
    'entry before; with Shift the choice before',
    event => step(-1, event.shiftKey ? isChoice : undefined),
  ],
  [']', 'next turning point', () => step(1, isTurn)],
  ['[', 'turning point before', () => step(-1, isTurn)],
  [
    'w',
    'why: what led to the selected entry',
    () => {
      if (view.run?.data.as) return
      if (view.selected === null && view.run) view.selected = view.run.at(view.t)
      view.why = !view.why
    },
  ],
  ['b', 'beliefs of the next person', () => next()],
  ['c', 'by the clock, or paced', () => (view.paced = !view.paced)],
  ['h', 'hide what is to come', () => (view.hide = !view.hide)],
  ['t', 'other colours', () => (view.theme = view.theme === 'dark' ? 'light' : 'dark')],
  ['Home', 'the beginning', () => view.leap(0)],
  ['End', 'the end', () => view.leap(view.end)],
  ['/', 'find in the chronicle', () => document.getElementById('find')?.focus()],
  ['?', 'this list', () => (view.help = !view.help)],
  [
    'Escape',
    'back to the story',
    () => {
      view.selected = null
      view.why = false
      view.find = ''
      view.help = false
      view.panel = 'watch'
    },
  ],
]

function next() {
  const count = view.run?.data.people.length ?? 0
  if (count) view.who = (view.who + 1) % count
}

export function keys(event: KeyboardEvent) {
  const target = event.target as HTMLElement
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) && event.key !== 'Escape'
  const pressing = (event.key === ' ' || event.key === 'Enter') && target.tagName === 'BUTTON'
  if (!view.run || event.ctrlKey || event.metaKey || event.altKey || typing || pressing) return
  const found = KEYS.find(([key]) => key === event.key)
  if (found) {
    event.preventDefault()
    found[2](event)
  }
}

/** Let time go on while it plays; return what stops it. Where motion is unwelcome it goes entry by entry, once a second. */
export function play(): () => void {
  const still = matchMedia('(prefers-reduced-motion: reduce)')
  let frame = 0
  let last = 0
  const tick = (now: number) => {
    if (view.playing && view.run) {
      if (!still.matches) {
        const u = view.axis.u(view.t) + (Math.min(0.1, (now - last) / 1000) * view.speed) / WHOLE_RUN
        view.seek(view.axis.t(Math.min(1, u)))
        if (u >= 1) view.playing = false
        last = now
      } else if (now - last > 1000 / view.speed) {
        const before = view.t
        step(1)
        if (view.t === before) view.playing = false
        last = now
      }
    } else last = now
    frame = requestAnimationFrame(tick)
  }
  frame = requestAnimationFrame(tick)
  return () => cancelAnimationFrame(frame)
}
