/** Builds one target: gives its stage what it needs, writes what comes back, and makes the record of it. */
import { type Digest, digestOf } from './cache/digest.ts'
import type { Context } from './context.ts'
import type { Target } from './graph.ts'
import { inputFile, Moved } from './inputs.ts'
import { decode, readBytes, writeText } from './outputs.ts'
import type { Present, TargetRecord } from './record.ts'
import type { Built, Job, Notice, Output } from './stage.ts'

export { Moved } from './inputs.ts'

export interface Outcome {
  readonly record: TargetRecord
  /** Outputs whose bytes changed. */
  readonly written: readonly string[]
  /** What the target lacks, and a cause that other targets share. */
  readonly incomplete: string | undefined
  readonly because: Built['because']
  /** Units that this run did not make. */
  readonly missing: number
  /** Keys of all recomputable units that the target consists of, for `gc`. */
  readonly units: readonly Digest[]
}

export async function buildTarget(
  run: Context,
  target: Target,
  present: Present,
  without: ReadonlySet<string>,
): Promise<Outcome> {
  const { stage, name } = target.stage
  const seen = new Map<string, Digest | undefined>()
  const notices: Notice[] = []
  const units: Digest[] = []
  let missing = 0
  let refreshed = false
  const refresh = () => {
    if (!refreshed) run.units.refresh()
    refreshed = true
  }
  const asking = {
    stage: name,
    forced: present.forced,
    signal: run.signal,
    wants: (question: string | undefined) =>
      question === undefined || run.options.only === undefined || run.options.only.test(question),
  }
  const job: Job = {
    name: target.name,
    inputs: target.inputs
      .filter(({ path }) => !without.has(path))
      .map(({ path, pattern, madeBy }) => inputFile(run, path, pattern, madeBy === undefined)),
    files: stage.files.map((path) => inputFile(run, path, -1, true)),
    params: present.params,
    options: run.options,
    dry: run.options.dry,
    order: run.options.order,
    shelf: run.shelf,
    signal: run.signal,
    output: target.output,
    resolve: (path) => run.absolute(path),
    previous: async (path) => {
      const { stamps, texts } = run.workspace
      stamps.invalidate(run.absolute(path))
      const digest = stamps.digest(run.absolute(path))
      const known = digest === undefined ? undefined : texts.get(digest)
      if (known !== undefined) {
        seen.set(path, digest)
        return known
      }
      const bytes = await readBytes(run.absolute(path), path)
      const read = bytes === undefined ? undefined : digestOf(bytes)
      seen.set(path, read)
      if (bytes === undefined || read === undefined) return undefined
      const text = decode(bytes, path)
      texts.put(read, text, text.length)
      return text
    },
    wants: (question) => asking.wants(question),
    unit: async (unit) => (await job.units([unit]))[0],
    units: async (asked) => {
      for (const { kind, key } of asked)
        if (kind === 'request') refresh()
        else units.push(key)
      const values = await run.units.all(asked, asking)
      for (const value of values) if (value === undefined) missing++
      return values
    },
    count: (kind) => run.units.count(kind),
    restore: (key, value) => {
      refresh()
      return run.units.restore(key, value)
    },
    journal: run.workspace.journal,
    notice: (notice) => notices.push(notice),
    say: (saying) => run.emit({ type: 'said', target: target.id, ...saying }),
  }
  const built = await stage.build(job)
  run.signal.throwIfAborted()
  const written: string[] = []
  const digests: Record<string, Digest> = {}
  for (const output of built.outputs) {
    const digest = output.bytes?.digest ?? digestOf(output.text)
    if (!output.loose) digests[output.path] = digest
    if (await put(run, output, digest, { kept: stage.kept, seen })) written.push(output.path)
  }
  if (built.display !== undefined)
    run.emit({ type: 'display', target: target.id, text: built.display, style: built.style })
  const incomplete = incompleteness(built, missing, without)
  const because = incomplete === undefined ? undefined : built.because
  const why = because === undefined ? incomplete : `${incomplete}. ${because.message}`
  return {
    record: recordOf(built, present, { outputs: digests, notices, incomplete: why }),
    written,
    incomplete,
    because,
    missing,
    units,
  }
}

/** Writes the output unless it stands there already: an output whose bytes would not change is not touched. */
async function put(
  run: Context,
  output: Output,
  digest: Digest,
  { kept, seen }: { readonly kept: boolean; readonly seen: ReadonlyMap<string, Digest | undefined> },
): Promise<boolean> {
  const { path, bytes } = output
  const absolute = run.absolute(path)
  // Looked at again, past what was remembered: since the target was judged, a person may have saved the file.
  const standing = () => {
    run.workspace.stamps.invalidate(absolute)
    return run.workspace.stamps.digest(absolute)
  }
  const now = standing()
  if (run.options.dry) {
    run.overlay.set(path, output.text)
    return now !== digest
  }
  if (now === digest) return false
  const guard = () => {
    if (kept && seen.has(path) && seen.get(path) !== standing()) throw new Moved(path)
  }
  run.writing(path)
  await writeText(absolute, bytes?.chunks() ?? output.text, path, { durable: kept, guard })
  run.workspace.stamps.invalidate(absolute)
  run.wrote(path, digest)
  if (bytes === undefined) run.workspace.texts.put(digest, output.text, output.text.length)
  return true
}

function incompleteness(built: Built, missing: number, without: ReadonlySet<string>): string | undefined {
  const parts = built.incomplete === undefined ? [] : [built.incomplete]
  if (missing > 0 && built.incomplete === undefined) parts.push(`${missing} not done`)
  if (without.size > 0) parts.push(`without ${[...without].join(', ')}, which failed`)
  return parts.length === 0 ? undefined : parts.join('; ')
}

function recordOf(
  built: Built,
  present: Present,
  {
    outputs,
    notices,
    incomplete,
  }: {
    readonly outputs: TargetRecord['outputs']
    readonly notices: readonly Notice[]
    readonly incomplete: string | undefined
  },
): TargetRecord {
  return {
    version: present.version,
    params: present.params,
    inputs: present.inputs,
    outputs,
    ...(incomplete === undefined ? {} : { incomplete }),
    notices: [...notices, ...(built.notices ?? [])],
    facts: built.facts ?? {},
  }
}
