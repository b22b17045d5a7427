import { expect, test } from 'vitest'
import { common, paired, signOf } from './compare'
import type { Entry } from './data'

const entry = (time: number, text: string, kind = 'told', weight = 1): Entry => [
  time,
  kind,
  'p0',
  null,
  -1,
  [],
  weight,
  text,
]
const left = [
  entry(0, 'dawn'),
  entry(5, 'unseen', 'told', 0),
  entry(10, 'she stayed', 'chose'),
  entry(20, 'rain'),
  entry(30, 'a bell'),
  entry(40, 'dusk'),
]
const right = [
  entry(0, 'dawn'),
  entry(5, 'unseen', 'told', 0),
  entry(10, 'she left', 'chose'),
  entry(15, 'a horn'),
  entry(20, 'rain'),
  entry(900, 'a bell'),
]

test('what is the same from the beginning is counted', () => {
  expect(common(left, right)).toBe(2)
  expect(common(left, left)).toBe(left.length)
})

test('the same event is one row, another answer too, and the rest stands alone, by time', () => {
  const rows = paired(left, right, common(left, right))
  expect(rows.map(({ left: l, right: r }) => [l, r])).toEqual([
    [2, 2],
    [undefined, 3],
    [3, 4],
    [4, 5],
    [5, undefined],
  ])
  expect(rows.map(row => signOf(row, left, right))).toEqual(['⇄', '', '=', '≠', ''])
})

test('what is not told has no row, and each entry stands in one row', () => {
  const rows = paired(left, right)
  expect(rows.filter(row => row.left === 1 || row.right === 1)).toEqual([])
  expect(rows.flatMap(row => row.left ?? [])).toEqual([0, 2, 3, 4, 5])
  expect(rows.flatMap(row => row.right ?? []).sort()).toEqual([0, 2, 3, 4, 5])
})
