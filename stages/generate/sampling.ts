/** The sampling parameters of generate({…}): taken out of its options, and looked at before anything is asked for. */
import { Failure } from '../../engine/stage.ts'
import type { Sampling } from './provider.ts'

interface Range {
  readonly least: number
  readonly most: number
  readonly whole?: boolean
}

const ranges: { readonly [name in Exclude<keyof Sampling, 'stop'>]: Range } = {
  temperature: { least: 0, most: Number.POSITIVE_INFINITY },
  topP: { least: 0, most: 1 },
  maxTokens: { least: 1, most: Number.POSITIVE_INFINITY, whole: true },
  seed: { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER, whole: true },
  presencePenalty: { least: -2, most: 2 },
  frequencyPenalty: { least: -2, most: 2 },
}

const names = [...Object.keys(ranges), 'stop'] as readonly (keyof Sampling)[]

/** The sampling parameters among the options. Throws Failure (exit 2) for a value that none can have. */
export function samplingIn(options: Sampling): Sampling {
  for (const [name, range] of Object.entries(ranges)) check(name, options[name as keyof typeof ranges], range)
  const { stop } = options
  const texts: readonly unknown[] = stop === undefined ? [] : Array.isArray(stop) ? stop : [stop]
  if (texts.some((text) => typeof text !== 'string' || text === ''))
    throw wrong('stop', stop, 'a text, or a list of texts, none of them empty')
  return Object.fromEntries(
    names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  )
}

/**
 * Throws Failure (exit 2) for an option that there is none of: `max_tokens` in the place of `maxTokens` would change
 * nothing, and nobody would see why.
 */
export function checkNames(what: string, options: object, known: readonly string[]): void {
  const bare = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '')
  const all = [...known, ...(what === 'generate' ? names : [])]
  for (const name of Object.keys(options)) {
    if (all.includes(name)) continue
    const near = all.find((other) => bare(other) === bare(name))
    throw new Failure(`${what}({…}): there is no option '${name}'`, {
      exit: 2,
      remedy: near === undefined ? `It knows ${all.join(', ')}.` : `Is ${near} meant?`,
    })
  }
}

function check(name: string, value: unknown, { least, most, whole = false }: Range): void {
  if (value === undefined) return
  const good = typeof value === 'number' && (whole ? Number.isSafeInteger(value) : Number.isFinite(value))
  if (good && value >= least && value <= most) return
  const kind = whole ? 'a whole number' : 'a number'
  const range =
    Math.abs(least) > 1e9
      ? ''
      : Number.isFinite(most) && most < 1e9
        ? ` from ${least} to ${most}`
        : ` from ${least} up`
  throw wrong(name, value, `${kind}${range}`)
}

function wrong(name: string, value: unknown, expected: string): Failure {
  const shown = typeof value === 'string' ? `'${value}'` : String(value)
  return new Failure(`${name} is ${shown}, and must be ${expected}`, { exit: 2 })
}
