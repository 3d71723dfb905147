import { relative } from 'node:path'
import type { Target } from './graph.ts'

/**
 * Targets that a person is waiting for: what is made from a changed file, before all the others are looked at.
 * `changed`: absolute paths. None when most of it is touched: nothing is more urgent than the rest then.
 */
export function urgent(list: readonly Target[], changed: readonly string[], root: string): readonly Target[] {
  if (changed.length === 0) return []
  const touched = new Set<string>(changed.map((path) => relative(root, path)))
  const found = list.filter(({ stage, inputs, output }) => {
    const concerned =
      !stage.stage.whole && (touched.has(output) || inputs.some(({ path }) => touched.has(path)))
    if (concerned) touched.add(output)
    return concerned
  })
  return found.length > 20 ? [] : found
}
