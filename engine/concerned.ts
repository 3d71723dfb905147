/** Which targets an order may be about: only those are built to carry it out. */
import type { Context } from './context.ts'
import type { Target } from './graph.ts'
import type { Order } from './order.ts'
import { readBytes } from './outputs.ts'

/** Targets that obey the order and whose files mention what it is about. */
export async function concerned(
  run: Context,
  list: readonly Target[],
  order: Order,
): Promise<readonly Target[]> {
  const found: Target[] = []
  for (const target of list) {
    const { obeys } = target.stage.stage
    if (obeys === undefined || !obeys.verbs.includes(order.verb)) continue
    const { output, inputs } = target
    if (!order.mayMean(output)) continue
    const paths = [output, ...obeys.beside(output), ...inputs.map(({ path }) => path)]
    if (await mentioned(run, paths, order)) found.push(target)
  }
  return found
}

async function mentioned(run: Context, paths: readonly string[], order: Order): Promise<boolean> {
  for (const path of paths) {
    const bytes = await readBytes(run.absolute(path), path)
    if (bytes !== undefined && order.mayConcern(bytes.toString())) return true
  }
  return false
}
