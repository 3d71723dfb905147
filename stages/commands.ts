/**
 * The seed tool's commands, on files anywhere: each is a pipeline of one stage, run once. They share the cache with the
 * pipeline beside them, so an answer that was paid for here is not asked for again there.
 */
import { resolve } from 'node:path'
import type { Command } from '../engine/command.ts'
import { pipeline } from '../engine/graph.ts'
import { Failure } from '../engine/stage.ts'
import { clean } from './clean/index.ts'
import { generate } from './generate/index.ts'
import { openai } from './generate/openai.ts'
import { resultsTable } from './report/index.ts'
import { test } from './test/index.ts'

type Values = Parameters<Command['pipeline']>[1]

const generateCompletions: Command = {
  name: 'generate-completions',
  usage: 'IN OUT',
  help: `ask a model for completions of the questions in IN, and write both to OUT
IN or OUT may already hold completions: only what is missing is asked for, and what a person changed is kept.
Needs OPENAI_API_KEY in the environment or in .env; OPENAI_BASE_URL names another server that speaks the same protocol.`,
  options: {
    n: { type: 'string', help: 'completions a question (default 1)' },
    temperature: { type: 'string', help: 'default 0.9' },
    'max-tokens': {
      type: 'string',
      help: 'longest answer (default 512; the old default of 16 would cut every chat answer)',
    },
    'top-p': { type: 'string', help: "default the server's" },
    stop: { type: 'string', help: 'text at which an answer ends' },
    seed: { type: 'string', help: 'whole number, sent to the server' },
    series: { type: 'string', help: 'under another name completions are drawn anew' },
    model: { type: 'string', help: 'default gpt-4o-mini' },
    'base-url': { type: 'string', help: 'server, in place of OPENAI_BASE_URL' },
    'key-variable': { type: 'string', help: 'variable that holds the key (default OPENAI_API_KEY)' },
    endpoint: {
      type: 'string',
      help: "chat (default), responses, or completions: the old tool's way, prompt + blank line + preload",
    },
    mode: { type: 'string', help: 'live (default), or batch: at half the price, within a day' },
    chunk: { type: 'string', help: 'completions asked for with one request (default 20)' },
  },
  pipeline: (args, values) => {
    const [from, to] = inAndOut('generate-completions', args)
    const [topP, seed, chunk] = ['top-p', 'seed', 'chunk'].map((name) => number(values, name))
    const stop = text(values, 'stop')
    const provider = openai({
      model: text(values, 'model') ?? 'gpt-4o-mini',
      baseURL: text(values, 'base-url'),
      keyVariable: text(values, 'key-variable'),
      endpoint: choice(values, 'endpoint', ['chat', 'completions', 'responses']),
      mode: choice(values, 'mode', ['live', 'batch']),
      chunk,
    })
    return pipeline({
      generate: generate({
        from,
        to,
        provider,
        n: number(values, 'n') ?? 1,
        temperature: number(values, 'temperature') ?? 0.9,
        maxTokens: number(values, 'max-tokens') ?? 512,
        series: text(values, 'series'),
        ...given({ topP, seed }),
        ...given({ stop: stop === undefined ? undefined : [stop] }),
      }),
    })
  },
}

const cleanCompletions: Command = {
  name: 'clean-completions',
  usage: 'IN OUT',
  help: `turn the raw completions in IN into programs, and write them to OUT
What a person changed in OUT is kept. OUT must be another file than IN: the raw texts would be lost.`,
  options: {},
  pipeline: (args) => {
    const [from, to] = inAndOut('clean-completions', args)
    if (resolve(from) === resolve(to))
      throw new Failure('clean-completions: IN and OUT are the same file, so the raw texts would be lost', {
        exit: 2,
        remedy: 'Name another file as OUT.',
      })
    return pipeline({ clean: clean({ from, to }) })
  },
}

const runTests: Command = {
  name: 'run-tests',
  usage: 'IN OUT',
  help: `run the completions in IN against their test cases, and write the verdicts to OUT
A file by hand, of this tool or of its predecessor is tested as it stands. IN and OUT may be the same file.
With --repeat K each program is run K times, and what does not always end the same way is marked in OUT.`,
  options: {
    'seed-semantics': {
      type: 'boolean',
      help: 'as the predecessor did: input() is echoed, stderr counts as output, the exit status does not count',
    },
    image: {
      type: 'string',
      help: 'with --sandbox docker or podman: an image with python3 (default python:3.13-slim)',
    },
    runtime: { type: 'string', help: "the engine's runtime, e.g. runsc for gVisor" },
  },
  pipeline: (args, values) => {
    const [from, to] = inAndOut('run-tests', args)
    const [image, runtime] = [text(values, 'image'), text(values, 'runtime')]
    const seedSemantics = values['seed-semantics'] === true
    return pipeline({ test: test({ from, to, seedSemantics, ...given({ image, runtime }) }) })
  },
}

const writeResults: Command = {
  name: 'write-results',
  usage: 'IN OUT.csv',
  help: 'write the scores of tested completions as CSV: a row a question, a column a completion, then aggregates',
  options: {},
  pipeline: (args) => {
    const [from, to] = inAndOut('write-results', args)
    return pipeline({ report: resultsTable({ from, to }) })
  },
}

export const commands: readonly Command[] = [generateCompletions, cleanCompletions, runTests, writeResults]

function inAndOut(name: string, args: readonly string[]): [from: string, to: string] {
  const [from, to, ...rest] = args
  if (from === undefined || to === undefined || rest.length > 0)
    throw new Failure(`${name} takes two paths, IN and OUT; ${args.length} given`, {
      exit: 2,
      remedy: `See ${name} --help.`,
    })
  for (const path of [from, to])
    if (path.includes('%'))
      throw new Failure(`${name}: ${path} has a % in it`, { exit: 2, remedy: 'Name a single file.' })
  return [from, to]
}

function text(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** Those that have a value. */
function given<T>(options: { readonly [name: string]: T | undefined }): { readonly [name: string]: T } {
  const entries = Object.entries(options).filter((entry): entry is [string, T] => entry[1] !== undefined)
  return Object.fromEntries(entries)
}

function number(values: Values, name: string): number | undefined {
  const given = text(values, name)
  if (given === undefined) return undefined
  const value = Number(given)
  if (given.trim() === '' || !Number.isFinite(value))
    throw new Failure(`--${name} ${given}: not a number`, {
      exit: 2,
      remedy: 'See generate-completions --help.',
    })
  return value
}

function choice<T extends string>(values: Values, name: string, all: readonly T[]): T | undefined {
  const given = text(values, name)
  const found = all.find((each) => each === given)
  if (given === undefined || found !== undefined) return found
  throw new Failure(`--${name} ${given}: there is none of that name`, {
    exit: 2,
    remedy: `Give ${all.slice(0, -1).join(', ')} or ${all.at(-1)}.`,
  })
}
