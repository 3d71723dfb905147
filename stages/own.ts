/**
 * A stage of your own in a few lines: a function from texts to a text. What it does for the graph (staleness, early
 * cutoff, plan, why, watch) is what the engine does for every stage.
 */
import { digestOf, type Job, type Json, type Stage } from '../engine/stage.ts'

export interface EachOptions {
  /** Pattern of the files read. */
  readonly from: string
  /** Pattern of the file written. */
  readonly to: string
  /** Values that `run` depends on, so that a change makes its targets stale; `run`'s own source text is watched anyway. */
  readonly params?: { readonly [name: string]: Json }
  readonly run: (text: string, path: string) => string | Promise<string>
}

export interface AllOptions extends Omit<EachOptions, 'run'> {
  readonly run: (
    files: readonly { readonly path: string; readonly text: string }[],
  ) => string | Promise<string>
}

/** One output for each input. */
export function each({ from, to, params, run }: EachOptions): Stage {
  const build = async ({ inputs, output }: Job) => {
    const texts = await Promise.all(inputs.map(async (input) => run(await input.text(), input.path)))
    return { outputs: [{ path: output, text: texts.join('') }] }
  }
  return { ...plain(from, to, params, run), kind: 'each', whole: false, build }
}

/** One output for all inputs. */
export function all({ from, to, params, run }: AllOptions): Stage {
  const build = async ({ inputs, output }: Job) => {
    const files = await Promise.all(
      inputs.map(async (input) => ({ path: input.path, text: await input.text() })),
    )
    return { outputs: [{ path: output, text: await run(files) }] }
  }
  return { ...plain(from, to, params, run), kind: 'all', whole: true, build }
}

function plain(from: string, to: string, params: EachOptions['params'], run: unknown) {
  return {
    version: 1,
    from: [from],
    to,
    kept: false,
    files: [],
    targetsAtOnce: 4,
    params: { ...params, code: digestOf(String(run)) },
  }
}
