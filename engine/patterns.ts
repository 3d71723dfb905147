/**
 * Patterns of files, as in make: one `%` stands for any text, and what it stood for is the target's name.
 * Unlike make's, `%` also crosses folders (`data/questions/%.toml` matches week1/loops.toml as `week1/loops`), so that
 * a folder may be sorted into sub-folders without touching pipeline.ts. Hidden files and folders never match: they
 * are editors' scratch files and our own set-aside edits.
 */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { codeOf, Failure } from './failure.ts'

export interface Match {
  /** What `%` stood for; for a pattern without `%`, the file's name without its folder and ending. */
  readonly name: string
  readonly path: string
}

/** Is told of each folder, by its absolute path, before it is listed. */
export type Listing = (folder: string) => void

/** The files under `root` that match, sorted by path. A missing folder holds none. */
export function matches(root: string, pattern: string, listing: Listing = () => {}): Match[] {
  const [before, after] = split(pattern)
  if (after === undefined)
    return exists(root, pattern, listing) ? [{ name: plainName(pattern), path: pattern }] : []
  const folder = before.slice(0, before.lastIndexOf('/') + 1)
  return filesBelow(resolve(root, folder), listing)
    .map((path) => folder + path)
    .filter((path) => nameIn(pattern, path) !== undefined)
    .sort()
    .map((path) => ({ name: nameIn(pattern, path) ?? '', path }))
}

/** What `%` stands for when `path` matches `pattern`, else undefined. */
export function nameIn(pattern: string, path: string): string | undefined {
  const [before, after] = split(pattern)
  if (after === undefined) return path === pattern ? plainName(pattern) : undefined
  if (path.length <= before.length + after.length || !path.startsWith(before) || !path.endsWith(after))
    return undefined
  const name = path.slice(before.length, path.length - after.length)
  const atStart = before === '' || before.endsWith('/')
  return name.includes('/.') || (atStart && name.startsWith('.')) ? undefined : name
}

/** The path that `pattern` gives for a name. */
export function fill(pattern: string, name: string): string {
  const [before, after] = split(pattern)
  return after === undefined ? pattern : before + name + after
}

/** The folder that holds all matches. */
export function folderOf(pattern: string): string {
  const [before] = split(pattern)
  return before.slice(0, before.lastIndexOf('/') + 1)
}

function split(pattern: string): [before: string, after: string | undefined] {
  const at = pattern.indexOf('%')
  if (at < 0) return [pattern, undefined]
  if (pattern.includes('%', at + 1))
    throw new Failure(`the pattern '${pattern}' has more than one %`, {
      exit: 2,
      remedy: 'One % stands for the name.',
    })
  return [pattern.slice(0, at), pattern.slice(at + 1)]
}

function plainName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1)
  const dot = file.lastIndexOf('.')
  return dot > 0 ? file.slice(0, dot) : file
}

function filesBelow(folder: string, listing: Listing, prefix = ''): string[] {
  const found: string[] = []
  listing(folder)
  for (const entry of entriesOf(folder)) {
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory())
      found.push(...filesBelow(join(folder, entry.name), listing, `${prefix}${entry.name}/`))
    else found.push(prefix + entry.name)
  }
  return found
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw new Failure(`cannot list ${folder}: ${codeOf(error) ?? 'unknown error'}`, { cause: error })
  }
}

function exists(root: string, path: string, listing: Listing): boolean {
  const cut = path.lastIndexOf('/') + 1
  const folder = resolve(root, path.slice(0, cut))
  listing(folder)
  return entriesOf(folder).some((entry) => entry.name === path.slice(cut))
}
