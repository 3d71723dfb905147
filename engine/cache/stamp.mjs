// @ts-check
/**
 * The stamp of a file: what tells its state from any later one. In JavaScript, because the program's own bundle is judged
 * by it before any TypeScript can be loaded. Why these four, and why not of a young file: see stamps.ts.
 */

const clockLagMs = 50
const coarseClockLagMs = 2_100
const nsInMs = 1_000_000n
const nsInSecond = 1_000_000_000n

/** @param {import('node:fs').BigIntStats} stat */
export function stampOf(stat) {
  return `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino}`
}

/**
 * Whether any write after `now` must show in the times.
 * @param {import('node:fs').BigIntStats} stat
 * @param {number} now milliseconds, as of Date.now()
 */
export function isOld(stat, now) {
  const coarse = stat.mtimeNs % nsInSecond === 0n && stat.ctimeNs % nsInSecond === 0n
  const limit = BigInt(now - (coarse ? coarseClockLagMs : clockLagMs)) * nsInMs
  return stat.mtimeNs < limit && stat.ctimeNs < limit
}
