import { expect, test } from 'vitest'
import { span } from './figures'
import { jobs, type Job } from './jobs.svelte'
import { Work } from './work.svelte'

test('jobs that still run or wait come before the others, each in their order', () => {
  const job = (id: string, state: Job['state']): Job => ({
    ...{ id, state, kind: 'ensemble', asked: {} },
    ...{ progress: null, words: '' },
  })
  jobs.all = [job('a', 'done'), job('b', 'waiting'), job('c', 'stopped'), job('d', 'playing')]
  expect(jobs.sorted.map(one => one.id)).toEqual(['b', 'd', 'a', 'c'])
})

test('work says what is under way, and what went wrong until something else is begun', async () => {
  const work = new Work()
  const failing = work.do(() => Promise.reject(new Error('no')), 'a')
  expect(work.busy).toBe('a')
  expect(await failing).toBe(false)
  expect([work.busy, work.wrong]).toEqual(['', 'no'])
  expect(await work.do(async () => {})).toBe(true)
  expect([work.busy, work.wrong]).toEqual(['', ''])
})

test('a stretch of time is said in the unit that suits it', () => {
  expect([44, 197, 3600, 5400, 200000].map(seconds => span(seconds))).toEqual([
    '44 s',
    '3.28 min',
    '1 h',
    '1.5 h',
    '2.31 d',
  ])
  expect(span(197, 2)).toBe('3.3 min')
})
