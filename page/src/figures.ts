// Numbers as the page says them.

/** A number with three digits that count; whole numbers in full. */
export const figure = (value: number | null | undefined, unit = ''): string => {
  if (value === null || value === undefined || !Number.isFinite(value)) return 'none'
  if (unit === 'share') return `${(value * 100).toFixed(1)} %`
  const said =
    Number.isInteger(value) || Math.abs(value) >= 1000
      ? Math.round(value).toLocaleString('en')
      : String(+value.toPrecision(3))
  return unit ? `${said} ${unit}` : said
}

/** A share of worlds in whole per cent, which never says "all" or "none" of what is nearly so. */
export const percent = (share: number): string =>
  share > 0 && share < 0.005 ? '<1 %' : share < 1 && share > 0.995 ? '>99 %' : `${Math.round(share * 100)} %`

/** A change of a share, in points. */
export const points = (change: number): string => `${change > 0 ? '+' : ''}${Math.round(change * 100)}`

/** Whether both bounds of an interval are numbers. */
export const bounded = (low: unknown, high: unknown): boolean =>
  typeof low === 'number' && typeof high === 'number' && Number.isFinite(low) && Number.isFinite(high)

/** A stretch of time in the unit that suits it, with so many digits that count. */
export function span(seconds: number, digits = 3): string {
  const size = Math.abs(seconds)
  const [unit, length] =
    size < 60 ? ['s', 1] : size < 3600 ? ['min', 60] : size < 172800 ? ['h', 3600] : ['d', 86400]
  return `${+(size / (length as number)).toPrecision(digits)} ${unit}`
}

/** A time of a story as its clock says it. */
export function clock(t: number, start: number): { day: number; time: string } {
  const seconds = t + start
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return {
    day: Math.floor(seconds / 86400) + 1,
    time: `${two((seconds % 86400) / 3600)}:${two((seconds % 3600) / 60)}`,
  }
}
export const when = (t: number, start: number): string => {
  const { day, time } = clock(t, start)
  return `Day ${day}, ${time}`
}

/** Rows by what they have in common, in the order in which that came up. */
export function grouped<T>(rows: readonly T[], by: (row: T) => string): [string, T[]][] {
  const found = new Map<string, T[]>()
  for (const row of rows) (found.get(by(row)) ?? found.set(by(row), []).get(by(row))!).push(row)
  return [...found]
}
