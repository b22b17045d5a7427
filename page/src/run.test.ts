import { describe, expect, it } from 'vitest'
import { between, ClockAxis, PacedAxis } from './axis'
import type { Entry } from './data'
import { Labels } from './layout'
import { onLine, upTo } from './run'

const entry = (time: number, weight = 1): Entry => [time, 'told', null, null, -1, [], weight, 'x']

describe('the axes', () => {
  const entries = [0, 10, 10, 10, 5000, 5001, 80000].map(time => entry(time))
  for (const axis of [new PacedAxis(entries, 86400), new ClockAxis(86400)]) {
    it('rise, and can be turned round', () => {
      let last = -1
      for (let t = 0; t <= 86400; t += 97) {
        const u = axis.u(t)
        expect(u).toBeGreaterThanOrEqual(last)
        expect(axis.t(u)).toBeCloseTo(t, 1)
        last = u
      }
      expect(axis.u(0)).toBe(0)
      expect(axis.u(86400)).toBeCloseTo(1)
    })
  }
  it('give room to where things happen', () => {
    const axis = new PacedAxis(entries, 86400)
    expect(axis.u(5001) - axis.u(4000)).toBeGreaterThan(axis.u(70000) - axis.u(10000))
  })
  it('hold for a run of no time and no entries', () => {
    const axis = new PacedAxis([], 0)
    expect(axis.u(0)).toBe(0)
    expect(Number.isFinite(axis.t(0.5))).toBe(true)
  })
})

describe('between', () => {
  it('goes through its points and stays at its ends', () => {
    expect([-1, 0, 1, 3, 9].map(x => between([0, 2, 4], [0, 10, 30], x))).toEqual([0, 0, 5, 20, 30])
  })
})

describe('upTo', () => {
  it('finds the last row at or before a time', () => {
    const rows: [number][] = [[0], [5], [5], [9]]
    expect([-1, 0, 4, 5, 8, 99].map(t => upTo(rows, t))).toEqual([0, 0, 0, 2, 2, 3])
  })
})

describe('onLine', () => {
  it('rests, moves, and stays where it has come to', () => {
    expect(onLine([1, 2], 50)).toEqual([1, 2, false])
    expect(onLine([0, 0, 10, 20, 100, 200], 50)).toEqual([0, 0, false])
    expect(onLine([0, 0, 10, 20, 100, 200], 150)).toEqual([5, 10, true])
    expect(onLine([0, 0, 10, 20, 100, 200], 300)).toEqual([10, 20, false])
  })
})

describe('labels', () => {
  it('do not cover one another, and stay inside', () => {
    const box = { x: 0, y: 0, width: 300, height: 200 }
    const labels = new Labels(box)
    const placed = Array.from({ length: 12 }, () => labels.place(150, 100, 40, 8)).filter(spot => !!spot)
    expect(placed.length).toBeGreaterThan(1)
    for (const [i, [x, y]] of placed.entries()) {
      expect(x - 20).toBeGreaterThanOrEqual(0)
      for (const [a, b] of placed.slice(i + 1))
        expect(Math.abs(a - x) >= 40 || Math.abs(b - y) >= 8).toBe(true)
    }
    expect(labels.place(2, 2, 400, 10)).toBeUndefined()
  })
})
