/** A folder in which a person edits, completions change, and clean is run, in this process, for thousands of steps. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { give } from '../../../../engine/commands.ts'
import type { RunOptions } from '../../../../engine/context.ts'
import type { Event } from '../../../../engine/events.ts'
import { Failure } from '../../../../engine/failure.ts'
import { type Pipeline, pipeline } from '../../../../engine/graph.ts'
import type { Verb } from '../../../../engine/order.ts'
import { Run } from '../../../../engine/run.ts'
import type { Output, Stage } from '../../../../engine/stage.ts'
import { TestFolder } from '../../../../engine/testing/workspace.ts'
import { openWorkspace, type Workspace } from '../../../../engine/workspace.ts'
import { type CleanOptions, clean } from '../../index.ts'
import { Claims } from './claims.ts'
import { look, type Seen } from './seen.ts'
import { Upstream } from './upstream.ts'

const paths = { from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }

const ruleSets: readonly Partial<CleanOptions>[] = [
  {},
  { rules: ['fences'] },
  { rules: ['fences', { name: 'quotes', apply: (text) => text.replaceAll("'", '"') }] },
  { rules: [] },
]

const options: RunOptions = { jobs: 1, dry: false, force: [], failFast: false, transient: false }

/** Called before each file that a run writes, with how many it has written; what it throws ends the run there. */
export type BeforeWrite = (written: number) => void

export class Machine {
  readonly #folder = new TestFolder()
  readonly root = this.#folder.path
  readonly upstream = new Upstream(this.root)
  readonly claims = new Claims()
  /** Versions of cleaned files, as git would have them. */
  readonly versions: { readonly file: string; readonly text: string }[] = []
  rules = 0
  typed = 0
  #workspace: Workspace | undefined

  /** A run that has to succeed, and all that must hold after one. */
  async run(): Promise<void> {
    const before = look(this.root)
    const { exit, said } = await this.once()
    if (exit !== 0) throw new Error(`the run failed: ${said}`)
    const after = look(this.root)
    this.claims.check(before, after, this.upstream)
    this.claims.checkComplete(after, this.upstream)
    await this.once({ force: ['clean'] })
    const again = look(this.root)
    for (const path of new Set([...after.texts.keys(), ...again.texts.keys()]))
      if (after.texts.get(path) !== again.texts.get(path))
        throw new Error(
          `a second run changed ${path}:\n${difference(after.texts.get(path), again.texts.get(path))}`,
        )
    for (const [path, text] of again.texts)
      if (!path.startsWith('.')) this.versions.push({ file: path.slice(0, -'.toml'.length), text })
  }

  /** A run that may be ended or disturbed. */
  async once(
    more: { readonly force?: readonly string[]; readonly beforeWrite?: BeforeWrite } = {},
  ): Promise<{ exit: number; said: string }> {
    const said: Event[] = []
    const { workspace, graph } = await this.#opened(more.beforeWrite)
    const run = new Run(graph, workspace, { ...options, force: more.force ?? [] }, (event) => {
      if (event.type === 'target-failed') said.push(event)
    })
    if (this.upstream.all().length > 0) await run.execute()
    return { exit: run.exit, said: JSON.stringify(said) }
  }

  async #opened(beforeWrite?: BeforeWrite): Promise<{ workspace: Workspace; graph: Pipeline }> {
    this.#workspace ??= await openWorkspace(this.root)
    this.#workspace.stamps.invalidate()
    const stage = clean({ ...paths, ...ruleSets[this.rules % ruleSets.length] })
    const graph = pipeline({ clean: beforeWrite ? disturbed(stage, beforeWrite) : stage })
    return { workspace: this.#workspace, graph }
  }

  /** The command line is begun and killed so many milliseconds after its first word; then a run is to find all there. */
  async killed(after: number): Promise<void> {
    await this.reopen({ forget: false })
    const { from, to } = paths
    this.#folder.pipeline(`clean: clean(${JSON.stringify({ from, to })})`)
    await this.#folder.plain(['--json'], { killAfter: after })
    await this.run()
  }

  /** An order of the command line. It is refused (exit 2) where it can't be meant, and changes nothing then. */
  async order(verb: Verb, words: readonly string[]): Promise<number> {
    const { workspace, graph } = await this.#opened()
    let failed = ''
    const exit = await give(
      {
        graph,
        workspace,
        options,
        emit: (event) => {
          if (event.type === 'target-failed') failed += JSON.stringify(event)
        },
        print: () => {},
        signal: new AbortController().signal,
      },
      verb,
      words,
    ).catch((error: unknown) => {
      if (error instanceof Failure) return error.exit
      throw error
    })
    if (exit !== 0 && exit !== 2) throw new Error(`${verb} ${words.join(' ')} failed: ${failed}`)
    return exit
  }

  /** What a person does between runs or in the midst of one. */
  act(change: (seen: Seen) => void, replaced?: string): void {
    const before = look(this.root)
    change(before)
    this.claims.release(before, look(this.root), replaced)
  }

  /** As if the process had ended. */
  async reopen(options: { readonly forget: boolean }): Promise<void> {
    await this.#workspace?.close()
    this.#workspace = undefined
    if (options.forget) rmSync(join(this.root, 'cache'), { recursive: true, force: true })
  }

  async destroy(): Promise<void> {
    await this.#workspace?.close()
    this.#folder.destroy()
  }
}

function disturbed(stage: Stage, beforeWrite: BeforeWrite): Stage {
  let written = 0
  return {
    ...stage,
    build: async (job) => {
      const built = await stage.build(job)
      const outputs: Output[] & { asked?: boolean } = [...built.outputs]
      const handed = function* () {
        for (const output of [...built.outputs]) {
          if (outputs.asked !== true) beforeWrite(written++)
          yield output
        }
        outputs.asked = true
      }
      return { ...built, outputs: Object.assign(outputs, { [Symbol.iterator]: handed }) }
    },
  }
}

function difference(before = '', after = ''): string {
  const [was, is] = [before.split('\n'), after.split('\n')]
  const gone = was.filter((line) => !is.includes(line)).map((line) => `- ${line}`)
  const come = is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`)
  return [...gone, ...come].join('\n') || `other places:\n${before}\n----\n${after}`
}
