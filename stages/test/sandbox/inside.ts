/** Our own part of what runs inside the sandboxes: files beside this one, and their digests, which each result depends on. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { digestOf } from '../../../engine/stage.ts'

/** For a native interpreter, and what each is called inside. The file that Python imports by itself comes first. */
export const SOURCES = [
  ['runner.py', 'sitecustomize.py'],
  ...[
    'watcher.py',
    'namespaces.py',
    'users.py',
    'bare.py',
    'launch.py',
    'parts.py',
    'request.py',
    'memory.py',
    'confine.py',
  ].map((file) => [file, file] as const),
] as const

export function sourceOf(file: string): URL {
  return new URL(file, import.meta.url)
}

/** Of the native interpreters' part. */
export function runnerDigest(): string {
  return digestOf(SOURCES.map(([file]) => readFileSync(sourceOf(file), 'utf8')).join('\0'))
}

const PYODIDE_SOURCES = ['pyodide-child.mjs', 'pyodide_runner.py', 'parts.py'] as const

export function pyodideDigest(): string {
  return digestOf(PYODIDE_SOURCES.map((file) => readFileSync(sourceOf(file), 'utf8')).join('\0'))
}

export function pathOf(file: string): string {
  return fileURLToPath(sourceOf(file))
}
