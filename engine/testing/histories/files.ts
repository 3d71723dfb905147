/** Does to the files of a folder what a history says. What makes no sense as things stand is left undone. */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { codeOf } from '../../failure.ts'
import { onPath } from '../parts.ts'
import { branches, type FileAct } from './acts.ts'
import { kernelStat } from './clock.ts'

/** Of a link to itself, a folder that is not there, and the like. */
const impossible = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ELOOP', 'EINVAL', 'ENOTEMPTY']

export function perform(root: string, act: FileAct): void {
  try {
    attempt(root, act)
  } catch (error) {
    if (!impossible.includes(codeOf(error) ?? '')) throw error
  }
}

function attempt(root: string, act: FileAct): void {
  const at = (path: string) => join(root, path)
  if ('text' in act) put(act.act, at(act.path), act.text)
  else if (act.act === 'alter') alter(at(act.path), act.how, act.mtime)
  else if (act.act === 'touch') touch(at(act.path), act.seconds)
  else if (act.act === 'remove') remove(at(act.path))
  else if (act.act === 'checkout') checkOut(root, act.branch)
  else if (act.act === 'twins') {
    write(at('src/sub/a.txt'), act.texts[0])
    write(at('src/tub/a.txt'), act.texts[1])
  } else if (act.path !== act.to) between(act.act, at(act.path), at(act.to))
}

function between(act: 'move' | 'swap' | 'copy' | 'link', path: string, to: string): void {
  if (act === 'link') link(path, to)
  else if (act === 'swap') swap(path, to)
  else if (act === 'move') move(path, to)
  else copy(path, to)
}

/** Absolute, so that it leads to the same place when it is moved, or copied to the folder of reference. */
function link(path: string, to: string): void {
  remove(path)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(to, path)
}

function move(path: string, to: string): void {
  makeRoom(path, to)
  renameSync(path, to)
}

function copy(path: string, to: string): void {
  makeRoom(path, to)
  copyTree(path, to)
}

/** Throws where there is nothing to put there. */
function makeRoom(path: string, to: string): void {
  lstatSync(path)
  remove(to)
  mkdirSync(dirname(to), { recursive: true })
}

function swap(path: string, other: string): void {
  lstatSync(path)
  lstatSync(other)
  const aside = `${path}.aside`
  renameSync(path, aside)
  renameSync(other, path)
  renameSync(aside, other)
}

function put(act: 'write' | 'replace', path: string, text: string): void {
  if (act === 'write') write(path, text)
  else replace(path, text)
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function replace(path: string, text: string): void {
  const beside = join(dirname(path), '.beside')
  write(beside, text)
  renameSync(beside, path)
}

function alter(path: string, how: 'in place' | 'replace', mtime: 'new' | 'kept'): void {
  const text = readFileSync(path, 'utf8')
  const { mtimeMs } = kernelStat(path)
  const other = text.replace(/[a-z\d](?=[^a-z\d]*$)/i, (last) => (last === 'x' ? 'y' : 'x'))
  if (how === 'in place') write(path, other)
  else replace(path, other)
  if (mtime === 'kept') utimesSync(path, mtimeMs / 1000, mtimeMs / 1000)
}

function touch(path: string, seconds: number): void {
  const time = seconds === 0 ? new Date() : Math.floor(kernelStat(path).ctimeMs / 1000) + seconds
  utimesSync(path, time, time)
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
}

/** With the times of files, and links as they are. */
export function copyTree(from: string, to: string): void {
  const found = lstatSync(from)
  if (found.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
  else if (found.isDirectory()) {
    mkdirSync(to)
    for (const name of readdirSync(from)) copyTree(join(from, name), join(to, name))
  } else {
    copyFileSync(from, to)
    const { mtimeMs } = kernelStat(from)
    utimesSync(to, mtimeMs / 1000, mtimeMs / 1000)
  }
}

/** Texts of all files below these places; a link's is where it leads. */
export function treeOf(root: string, places: readonly string[]): { readonly [path: string]: string } {
  const tree: Record<string, string> = {}
  const look = (path: string): void => {
    const found = lstatSync(join(root, path), { throwIfNoEntry: false })
    if (found?.isSymbolicLink()) tree[path] = `→ ${readlinkSync(join(root, path))}`
    else if (found?.isFile()) tree[path] = readFileSync(join(root, path), 'utf8')
    else if (found !== undefined) for (const name of readdirSync(join(root, path))) look(`${path}/${name}`)
  }
  for (const place of places) look(place)
  return tree
}

/** Made a while ago, in a whole second: such a time can be set again exactly, as Node can't set nanoseconds. */
export function make(root: string, path: string, text: string): void {
  write(join(root, path), text)
  touch(join(root, path), -1_000_000)
}

export const firstFiles: { readonly [path: string]: string } = {
  'src/a.txt': 'aa',
  'src/b.txt': 'bb',
  'src/sub/a.txt': 'ab',
  'src/sub/b.txt': 'ba',
  'src/tub/a.txt': 'cc',
  'extra/a.txt': 'aa',
  'extra/sub/b.txt': 'bb',
  'table.txt': 'ab',
}

/** What git knows: some of the files, with another text on each branch. */
const committed = ['src/a.txt', 'src/sub/a.txt', 'src/sub/b.txt', 'table.txt']

function checkOut(root: string, branch: string): void {
  if (!onPath('git')) return
  const repository = join(root, '.git')
  if (!existsSync(repository)) copyTree(madeRepository(), repository)
  git(root, repository, 'checkout', '-q', '-f', branch)
}

let made: string | undefined

/** Made once, and removed when the process ends. */
function madeRepository(): string {
  if (made !== undefined) return made
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-git-'))
  process.once('exit', () => remove(root))
  const repository = join(root, '.git')
  git(root, repository, 'init', '-q')
  for (const branch of branches) {
    for (const path of committed) write(join(root, path), branch === 'one' ? 'ab' : 'ba')
    git(root, repository, 'symbolic-ref', 'HEAD', `refs/heads/${branch}`)
    git(root, repository, 'add', ...committed)
    git(root, repository, '-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-q', '-m', branch)
  }
  made = repository
  return made
}

function git(root: string, repository: string, ...args: readonly string[]): void {
  const place = ['--git-dir', repository, '--work-tree', root]
  execFileSync('git', [...place, ...args], { cwd: root, stdio: 'pipe' })
}
