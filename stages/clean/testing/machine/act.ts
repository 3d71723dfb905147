import type { Machine } from './machine.ts'

/** One step of a walk; the numbers pick where and what. An act that finds nothing to act on does nothing. */
export type Act = (machine: Machine, a: number, b: number, c: number) => Promise<void> | void

export function at<T>(items: readonly T[], number: number): T | undefined {
  return items[number % Math.max(1, items.length)]
}
