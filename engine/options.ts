/** The options of the command line: which there are, and what is meant by what a person gives. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Budget } from './budget.ts'
import type { Command } from './command.ts'
import type { RunOptions } from './context.ts'
import { Failure, messageOf } from './failure.ts'
import { type Pipeline, upTo } from './graph.ts'
import { dollarsFrom, tokensFrom } from './money.ts'

const common = {
  file: { type: 'string' },
  cache: { type: 'string' },
  only: { type: 'string' },
  in: { type: 'string' },
  jobs: { type: 'string' },
  force: { type: 'string', multiple: true },
  repeat: { type: 'string' },
  budget: { type: 'string' },
  'budget-tokens': { type: 'string' },
  sandbox: { type: 'string' },
  serve: { type: 'boolean' },
  port: { type: 'string' },
  'i-know-what-i-am-doing': { type: 'boolean' },
  'fail-fast': { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

/** Throws Failure (exit 2) for an option that there is not. `seed`: a command that brings options of its own. */
export function parse(argv: readonly string[], seed: Command | undefined) {
  try {
    return parseArgs({
      args: [...argv],
      options: { ...common, ...seed?.options },
      allowPositionals: true,
      strict: true,
    }) as {
      values: Values
      positionals: string[]
    }
  } catch (error) {
    throw new Failure(messageOf(error).replace(/\. To specify a positional.*$/s, ''), {
      exit: 2,
      remedy: 'See --help.',
    })
  }
}

export interface Values {
  readonly [name: string]: string | boolean | readonly string[] | undefined
  readonly file?: string
  readonly cache?: string
  readonly only?: string
  readonly in?: string
  readonly jobs?: string
  readonly force?: readonly string[]
  readonly repeat?: string
  readonly budget?: string
  readonly 'budget-tokens'?: string
  readonly sandbox?: string
  readonly serve?: boolean
  readonly port?: string
  readonly 'i-know-what-i-am-doing'?: boolean
  readonly 'fail-fast'?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly help?: boolean
  readonly version?: boolean
}

export function runOptions(values: Values, graph: Pipeline, transient: boolean): RunOptions {
  const jobs = values.jobs === undefined ? availableParallelism() : Number(values.jobs)
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 512)
    throw new Failure(`--jobs ${values.jobs}: not a number of workers`, {
      exit: 2,
      remedy: 'Give a whole number from 1 to 512.',
    })
  const force = values.force ?? []
  for (const name of force) {
    const { stage } = upTo(graph, [name]).stages.find((named) => named.name === name) ?? {}
    if (stage?.refuseForce !== undefined)
      throw new Failure(`--force ${name} is refused`, { exit: 2, remedy: stage.refuseForce })
  }
  return {
    jobs,
    force,
    transient,
    dry: false,
    failFast: values['fail-fast'] ?? false,
    ...(values.only === undefined ? {} : { only: globOf(values.only) }),
    ...(values.sandbox === undefined ? {} : { sandbox: values.sandbox }),
    ...(values.repeat === undefined ? {} : { repeat: repeatOf(values.repeat) }),
    ...budgetOf(values),
    consent: values['i-know-what-i-am-doing'] ?? false,
  }
}

function budgetOf({ budget, 'budget-tokens': tokens }: Values): { readonly budget?: Budget } {
  if (budget === undefined && tokens === undefined) return {}
  return {
    budget: new Budget({
      ...(budget === undefined ? {} : { dollars: dollarsFrom(budget) }),
      ...(tokens === undefined ? {} : { tokens: tokensFrom(tokens) }),
    }),
  }
}

function repeatOf(given: string): number {
  const repeat = Number(given)
  if (Number.isInteger(repeat) && repeat >= 2 && repeat <= 1000) return repeat
  throw new Failure(`--repeat ${given}: not a number of runs`, {
    exit: 2,
    remedy: 'Give a whole number from 2 to 1000: how often each program is run.',
  })
}

/** `*` any text, `?` any character, all else literally. */
function globOf(glob: string): RegExp {
  const parts = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${parts}$`, 's')
}

export function portOf(given: string): number {
  const port = Number(given)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Failure(`--port ${given}: not a port`, {
    exit: 2,
    remedy: 'Give a whole number from 1 to 65535.',
  })
}
