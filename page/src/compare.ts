// Which entries of two runs under the same luck are the same event.
import type { Entry } from './data'

/** Entries of two runs that stand in one row, by their numbers; one that the other run lacks stands alone. */
export interface Pair {
  time: number
  left?: number
  right?: number
}
/** Seconds within which what is the same came at the same time. */
const AT_ONCE = 60
const CHOSE = 'chose'
const key = (entry: Entry) => entry[1] + '|' + entry[7]

/** How many entries are the same in both, from the beginning. */
export function common(a: Entry[], b: Entry[]): number {
  let i = 0
  while (i < a.length && i < b.length && key(a[i]) === key(b[i]) && a[i][0] === b[i][0]) i++
  return i
}

/** The entries that are told, from one number on: word for word the same is the same event, whenever it came. */
export function paired(a: Entry[], b: Entry[], from = 0): Pair[] {
  const told = (entries: Entry[]) => entries.flatMap((entry, n) => (n >= from && entry[6] > 0 ? [n] : []))
  const waiting = new Map<string, number[]>()
  for (const n of told(b)) waiting.set(key(b[n]), [...(waiting.get(key(b[n])) ?? []), n])
  const found: Pair[] = told(a).map(left => ({
    time: a[left][0],
    left,
    right: waiting.get(key(a[left]))?.shift(),
  }))
  const answered = found.filter(({ left, right }) => right === undefined && a[left!][1] === CHOSE)
  for (const right of [...waiting.values()].flat()) {
    const [time, kind, subject] = b[right]
    // Two answers to one question, given at one time, are one row.
    const same = answered.find(
      one => one.right === undefined && kind === CHOSE && one.time === time && a[one.left!][2] === subject,
    )
    if (same) same.right = right
    else found.push({ time, right })
  }
  return found.sort((one, other) => one.time - other.time)
}

export type Sign = '' | '=' | '≠' | '⇄'
/** The same in both, the same at another time, another answer to one question; nothing of what is in one alone. */
export function signOf({ left, right }: Pair, a: Entry[], b: Entry[]): Sign {
  if (left === undefined || right === undefined) return ''
  if (key(a[left]) !== key(b[right])) return '⇄'
  return Math.abs(a[left][0] - b[right][0]) < AT_ONCE ? '=' : '≠'
}
