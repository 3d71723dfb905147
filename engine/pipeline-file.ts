/** pipeline.ts: loaded, and what is wrong with it said with its place. */
import { existsSync } from 'node:fs'
import { Failure, messageOf } from './failure.ts'
import type { Pipeline } from './graph.ts'
import type { Loaded, Program } from './program.ts'

/** `code` as in `Loaded`; a command's pipeline has none. */
export interface LoadedPipeline {
  readonly graph: Pipeline
  readonly code?: string | undefined
}

/** The pipeline that the file exports, loaded anew at each call. Throws Failure (exit 2) when there is none. */
export async function loadPipeline(file: string, program: Program): Promise<LoadedPipeline> {
  if (!existsSync(file))
    throw new Failure(`${file}: no such file`, {
      exit: 2,
      remedy: 'Run in a folder with a pipeline.ts, or name one by --file.',
    })
  let loaded: Loaded
  try {
    loaded = await program.load(file)
  } catch (error) {
    if (error instanceof Failure)
      throw new Failure(`${file}: ${error.message}`, { exit: 2, remedy: error.remedy, cause: error })
    throw new Failure(`${file}: throws while it is loaded: ${messageOf(error)}`, {
      exit: 2,
      cause: error,
      remedy: placeIn(error, file),
    })
  }
  const graph = loaded.module.default
  if (!isPipeline(graph))
    throw new Failure(`${file}: exports no pipeline`, {
      exit: 2,
      remedy: 'It should say: export default pipeline({ … })',
    })
  return { graph, code: loaded.code }
}

function isPipeline(value: unknown): value is Pipeline {
  return typeof value === 'object' && value !== null && 'stages' in value && Array.isArray(value.stages)
}

/** Where in the pipeline file an error was thrown, from its stack. */
function placeIn(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const place = stack
    .split('\n')
    .find((line) => line.includes(file))
    ?.match(/:(\d+):(\d+)\)?$/)
  return place ? `See ${file}:${place[1]}:${place[2]}.` : ''
}
