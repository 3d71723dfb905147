/** The command line: from words to a command, and from whatever goes wrong to a sentence and an exit status. */
import { dirname, relative, resolve } from 'node:path'
import type { Command } from './command.ts'
import type { Setting } from './commands.ts'
import type { Event } from './events.ts'
import { codeOf, Failure, messageOf } from './failure.ts'
import { glance } from './glance.ts'
import { type Pipeline, upTo } from './graph.ts'
import { parse, portOf, runOptions, type Values } from './options.ts'
import { verbs } from './order.ts'
import { type LoadedPipeline, loadPipeline } from './pipeline-file.ts'
import type { Program } from './program.ts'
import { Terminal } from './terminal.ts'
import type { Watched } from './watch.ts'

/** Runs the command line; answers the exit status. */
export async function main(argv: readonly string[], program: Program): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stopUnheard)
  try {
    return await dispatch(argv, program)
  } catch (error) {
    return complain(error, argv.includes('--verbose'))
  }
}

async function dispatch(argv: readonly string[], program: Program): Promise<number> {
  const { version, commands: extra } = program
  const seed = extra.find(({ name }) => argv.find((word) => !word.startsWith('-')) === name)
  const { values, positionals } = parse(argv, seed)
  if (values.version) return say(version)
  if (values.help || positionals[0] === 'help')
    return say((await import('./help.ts')).helpText(version, extra, seed))
  const cwd = callersFolder()
  const file = values.file === undefined ? resolve('pipeline.ts') : resolve(cwd, values.file)
  const root = seed === undefined ? dirname(file) : cwd
  const load = async (): Promise<LoadedPipeline> =>
    seed === undefined
      ? await loadPipeline(file, program)
      : { graph: seed.pipeline(positionals.slice(1), values) }
  const { graph: whole, code } = await load()
  const [command, stages] = commandOf(positionals, seed)
  const graph = takesNoStages(command) ? whole : upTo(whole, stages)
  const options = runOptions(values, graph, seed !== undefined)
  const cache = values.cache === undefined ? resolve(dirname(file), 'cache') : resolve(cwd, values.cache)
  const { emit, print } = speaker(values)
  if (command === 'build') {
    const seen = await glance({ cache, graph, options, code }, emit)
    if (seen !== undefined) {
      emit({ type: 'summary', ...seen })
      return 0
    }
  }
  const [commands, { openWorkspace }] = await Promise.all([import('./commands.ts'), import('./workspace.ts')])
  const workspace = await openWorkspace(root, cache)
  try {
    const setting: Setting = { graph, workspace, options, emit, print, signal: interruption() }
    switch (command) {
      case 'plan':
        return await commands.plan(setting)
      case 'why':
        return await commands.why(
          setting,
          stages.map((path) => resolve(cwd, path)),
        )
      case 'status':
        return await commands.status(setting)
      case 'accept':
      case 'reset':
      case 'diff':
        return await commands.give(
          setting,
          command,
          stages,
          values.in === undefined ? undefined : relative(root, resolve(cwd, values.in)),
        )
      case 'graph':
        return commands.showGraph(setting)
      case 'gc':
        return await commands.gc(setting)
      case 'doctor':
        return await (await import('./doctor.ts')).doctor(setting, program.slow)
      case 'watch':
        await watchAnd(
          { ...setting, file, load: async () => upTo((await load()).graph, stages) },
          graph,
          values,
        )
        return 130
      default:
        return await commands.build(setting, code)
    }
  } finally {
    await workspace.close()
  }
}

/** The watch, with its pages served beside it when that is asked for. */
async function watchAnd(watched: Watched, graph: Pipeline, { serve: wanted, port }: Values): Promise<void> {
  const { watch } = await import('./watch.ts')
  if (!wanted) return watch(watched)
  const { serve } = await import('./serve.ts')
  const serving = await serve(graph, watched.workspace.root, port === undefined ? undefined : portOf(port))
  const { emit } = watched
  emit({ type: 'serving', url: serving.url })
  const both = (event: Event) => {
    emit(event)
    serving.hear(event)
  }
  try {
    await watch({ ...watched, emit: both })
  } finally {
    serving.close()
  }
}

const ownCommands = ['build', 'watch', 'plan', 'why', 'status', 'graph', 'doctor', 'gc', ...verbs] as const
type OwnCommand = (typeof ownCommands)[number]

function commandOf(
  positionals: readonly string[],
  seed: Command | undefined,
): [OwnCommand, readonly string[]] {
  if (seed !== undefined) return ['build', []]
  const own = ownCommands.find((name) => name === positionals[0])
  return own === undefined ? ['build', positionals] : [own, positionals.slice(1)]
}

/** Commands whose words are paths or questions. */
function takesNoStages(command: OwnCommand): boolean {
  return command === 'why' || verbs.some((verb) => verb === command)
}

/** npm runs scripts in the package's folder; paths that a person types are meant from where they stood. */
function callersFolder(): string {
  const { npm_lifecycle_event: script, INIT_CWD: stood } = process.env
  return script === 'pipeline' && stood !== undefined ? stood : process.cwd()
}

function speaker(values: Values): { emit: (event: Event) => void; print: (text: string) => void } {
  const { stdout, stderr } = process
  if (values.json) {
    const line = (event: unknown) => stdout.write(`${JSON.stringify(event)}\n`)
    return { emit: line, print: (text) => line({ type: 'text', text }) }
  }
  // Outside of a terminal isTTY is undefined, and picocolors would then decide by itself (it colours where CI is set).
  const colour = stdout.isTTY === true && process.env['NO_COLOR'] === undefined
  const columns = stderr.isTTY && stdout.isTTY ? (stdout.columns ?? 80) : undefined
  const look = {
    quiet: values.quiet ?? false,
    verbose: values.verbose ?? false,
    columns,
    write: (text: string) => stdout.write(text),
  }
  const terminal = new Terminal(look, colour)
  return { emit: (event) => terminal.on(event), print: (text) => stdout.write(`${text}\n`) }
}

/** Raised by the first Ctrl-C; the second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller.signal
}

let unheard = false

/** Who read our output has gone (`… | head`): as if interrupted, so that what was paid for is kept. */
function stopUnheard(error: Error): void {
  if (codeOf(error) !== 'EPIPE') throw error
  if (!unheard) process.emit('SIGINT')
  unheard = true
}

function say(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function complain(error: unknown, verbose: boolean): number {
  const { stderr } = process
  if (error instanceof Failure) {
    stderr.write(`${error.message}\n${error.remedy === '' ? '' : `${error.remedy}\n`}`)
    if (verbose) stderr.write(`${error.stack}\n`)
    return error.exit
  }
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error)
  stderr.write(
    verbose ? `${shown}\n` : `${messageOf(error)}\nThis is a bug in Codex Runner; --verbose shows where.\n`,
  )
  return 1
}
