// Two axes for the same time: the clock, and one that gives room to where things happen. Both are monotone.
import type { Entry } from './data'

export interface Axis {
  /** Return where a time lies, 0 to 1. */
  u(t: number): number
  /** Return the time that lies there. */
  t(u: number): number
}

/** The share of the paced axis that goes by the clock alone. */
const BY_CLOCK = 0.22
/** Seconds before an instant over which its room is spread, so that things are seen coming. */
const BEFORE = 1200
const MOST_AN_INSTANT = 3

export class ClockAxis implements Axis {
  private span: number
  constructor(end: number) {
    this.span = Math.max(end, 1e-9)
  }
  u(t: number) {
    return Math.min(1, Math.max(0, t / this.span))
  }
  t(u: number) {
    return u * this.span
  }
}

export class PacedAxis implements Axis {
  private ts = [0]
  private us = [0]

  constructor(entries: Entry[], end: number) {
    const weights = new Map<number, number>()
    for (const [time, , , , , , weight] of entries) {
      if (weight > 0) {
        const more = (weights.get(time) ?? 0) + (weight > 1 ? 1.5 : 1)
        weights.set(time, Math.min(MOST_AN_INSTANT, more))
      }
    }
    const knots = [...weights].sort((a, b) => a[0] - b[0])
    const total = knots.reduce((sum, knot) => sum + knot[1], 0) || 1
    const span = Math.max(end, 1e-9)
    let sum = 0
    const put = (t: number) => {
      this.ts.push(t)
      this.us.push((BY_CLOCK * t) / span + ((1 - BY_CLOCK) * sum) / total)
    }
    for (const [time, weight] of knots) {
      const last = this.ts[this.ts.length - 1]
      if (time - BEFORE > last) put(time - BEFORE)
      sum += weight
      put(Math.max(time, this.ts[this.ts.length - 1] + 1e-3))
    }
    if (this.ts[this.ts.length - 1] < span) put(span)
    const all = this.us[this.us.length - 1] || 1
    this.us = this.us.map(u => u / all)
  }

  u(t: number) {
    return between(this.ts, this.us, t)
  }
  t(u: number) {
    return between(this.us, this.ts, u)
  }
}

/** Return the value of the piecewise linear function through (xs, ys) at x; xs does not fall. */
export function between(xs: number[], ys: number[], x: number): number {
  if (x <= xs[0]) return ys[0]
  if (x >= xs[xs.length - 1]) return ys[ys.length - 1]
  let low = 0
  let high = xs.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (xs[middle] <= x) low = middle
    else high = middle
  }
  const width = xs[high] - xs[low]
  return ys[low] + (ys[high] - ys[low]) * (width === 0 ? 0 : (x - xs[low]) / width)
}
