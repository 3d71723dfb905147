/** What happens to a folder with a pipeline, as values that fast-check makes up, shortens and prints. */
import fc from 'fast-check'
import { type Settings, type StageName, stageNames } from './stages.ts'

export const branches = ['one', 'two'] as const

/** What people, editors and git do to files. */
export type FileAct =
  /** `replace`: written beside its place and renamed, as editors do. */
  | { readonly act: 'write' | 'replace'; readonly path: string; readonly text: string }
  /** Another text of the same size; `kept`: with the modification time of the one before. */
  | {
      readonly act: 'alter'
      readonly path: string
      readonly how: 'in place' | 'replace'
      readonly mtime: 'new' | 'kept'
    }
  | { readonly act: 'touch'; readonly path: string; readonly seconds: number }
  | { readonly act: 'remove'; readonly path: string }
  /** Files or folders. A copy has the times of what it was copied from; `link`: `path` becomes a link to `to`. */
  | { readonly act: 'move' | 'swap' | 'copy' | 'link'; readonly path: string; readonly to: string }
  /** Two folders with a file of the same name, size and times. */
  | { readonly act: 'twins'; readonly texts: readonly [string, string] }
  | { readonly act: 'checkout'; readonly branch: (typeof branches)[number] }

export interface CacheAct {
  readonly act: 'cache'
  readonly how: 'delete' | 'delete file' | 'damage' | 'keep a copy' | 'copy back'
}

/** What happens while a run is under way, at which of its events. */
export interface Amid {
  readonly event: number
  readonly happens: FileAct | 'stop'
  /** Also a moment before it begins: so a file is written, read and written again in one tick of the clock. */
  readonly twice: boolean
}

export interface RunAct {
  readonly act: 'run'
  /** Some time has passed before, so that all files are old. */
  readonly rested: boolean
  readonly dry: boolean
  readonly upTo: StageName | undefined
  readonly only: 'a' | 'none' | undefined
  readonly force: StageName | undefined
  /** In a workspace that stays open, as a watch has it, instead of one of its own, as a new process has it. */
  readonly watch: boolean
  /** Once more, to see that there is nothing to do. */
  readonly again: boolean
  readonly amid: Amid | undefined
}

export type Act =
  | FileAct
  | CacheAct
  | RunAct
  /** pipeline.ts is changed, or the machine. */
  | { readonly act: 'set'; readonly settings: Partial<Settings> }
  | { readonly act: 'pass' | 'jump'; readonly ms: number }

const file = fc.constantFrom(
  'src/a.txt',
  'src/b.txt',
  'src/sub/a.txt',
  'src/sub/b.txt',
  'src/tub/a.txt',
  'extra/a.txt',
  'extra/sub/b.txt',
  'table.txt',
)
const folder = fc.constantFrom('src/sub', 'src/tub', 'extra/sub')
const output = fc.constantFrom(
  'mid/a.txt',
  'mid/b.txt',
  'mid/sub/a.txt',
  'own/a.txt',
  'own/b.txt',
  'own/sub/a.txt',
  'out/all.txt',
  'out/count.txt',
  'last.txt',
)
const outputFolder = fc.constantFrom('mid', 'mid/sub', 'own', 'own/sub', 'out')
/** Nearly all of one size. */
const text = fc.constantFrom('aa', 'ab', 'ba', 'bb', 'cc', 'long')

type Weighted<T> = readonly [weight: number, arbitrary: fc.Arbitrary<T>]

export function oneOf<T>(...arbitraries: readonly Weighted<T>[]): fc.Arbitrary<T> {
  return fc.oneof(...arbitraries.map(([weight, arbitrary]) => ({ weight, arbitrary })))
}

/** Something once in so many times; nothing is the shorter history. */
function seldom<T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | undefined> {
  return oneOf<T | undefined>([times - 1, fc.constant(undefined)], [1, arbitrary])
}

function writing(path: fc.Arbitrary<string>, text: fc.Arbitrary<string>): fc.Arbitrary<FileAct> {
  return fc.record({ act: fc.constantFrom('write', 'replace'), path, text })
}

export function altering(path: fc.Arbitrary<string>): fc.Arbitrary<FileAct> {
  return fc.record({
    act: fc.constant('alter'),
    path,
    how: fc.constantFrom('in place', 'replace'),
    mtime: fc.constantFrom('new', 'kept'),
  })
}

function between(path: fc.Arbitrary<string>): fc.Arbitrary<FileAct> {
  return fc.record({ act: fc.constantFrom('move', 'swap', 'copy', 'link'), path, to: path })
}

export function touching(path: fc.Arbitrary<string>): fc.Arbitrary<FileAct> {
  return fc.record({
    act: fc.constant('touch'),
    path,
    seconds: fc.constantFrom(0, -1_000_000, 1_000_000),
  })
}

export function removing(path: fc.Arbitrary<string>): fc.Arbitrary<FileAct> {
  return fc.record({ act: fc.constant('remove'), path })
}

const removable = oneOf([6, file], [4, output], [2, folder], [2, outputFolder], [1, fc.constant('src')])

const twins: fc.Arbitrary<FileAct> = fc.record({ act: fc.constant('twins'), texts: fc.tuple(text, text) })

const checkout: fc.Arbitrary<FileAct> = fc.record({
  act: fc.constant('checkout'),
  branch: fc.constantFrom(...branches),
})

/** To sources only: which text a reader finds behind a link to an output depends on which target is built first. */
const linkingOutput: fc.Arbitrary<FileAct> = fc.record({ act: fc.constant('link'), path: output, to: file })

const edit = oneOf([3, writing(file, text)], [4, altering(file)], [2, between(file)])

const fileAct = oneOf(
  [20, edit],
  [6, between(folder)],
  [3, twins],
  [2, touching(fc.oneof(file, output))],
  [4, removing(removable)],
  [2, writing(output, text)],
  [4, altering(output)],
  [1, linkingOutput],
  [1, checkout],
)

const cacheAct: fc.Arbitrary<CacheAct> = fc.record({
  act: fc.constant('cache'),
  how: fc.constantFrom('delete', 'delete file', 'damage', 'keep a copy', 'copy back'),
})

const setting: fc.Arbitrary<Act> = fc.record({
  act: fc.constant('set'),
  settings: fc.oneof(
    fc.record({ version: fc.constantFrom(1, 2) }),
    fc.record({ mark: fc.constantFrom('!', '?') }),
    fc.record({ between: fc.constantFrom(', ', '; ') }),
    fc.record({ machine: fc.constantFrom('old', 'new') }),
    fc.record({ extra: fc.boolean() }),
  ),
})

const time: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant('pass'), ms: fc.constantFrom(7, 60, 3000) }),
  // Never back to the tick in which the same file was written before: no stamp can tell the two apart.
  fc.record({ act: fc.constant('jump'), ms: fc.constantFrom(-5_000_123, 7_000_321) }),
)

const amid: fc.Arbitrary<Amid> = fc.record({
  event: fc.integer({ min: 1, max: 30 }),
  happens: oneOf<FileAct | 'stop'>([6, edit], [1, fc.constant('stop')]),
  twice: fc.boolean(),
})

const run: fc.Arbitrary<RunAct> = fc.record({
  act: fc.constant('run'),
  rested: oneOf([2, fc.constant(true)], [1, fc.constant(false)]),
  dry: oneOf([5, fc.constant(false)], [1, fc.constant(true)]),
  upTo: seldom(fc.constantFrom(...stageNames), 6),
  only: seldom(fc.constantFrom('a', 'none'), 9),
  force: seldom(fc.constantFrom(...stageNames), 9),
  watch: oneOf([4, fc.constant(false)], [1, fc.constant(true)]),
  again: fc.boolean(),
  amid: seldom(amid, 4),
})

/** A run every third act or so. */
export const history: fc.Arbitrary<readonly Act[]> = fc.array(
  oneOf<Act>([10, run], [14, fileAct], [2, setting], [2, time], [1, cacheAct]),
  { minLength: 4, maxLength: 30, size: 'max' },
)
