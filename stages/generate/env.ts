/**
 * Variables from the environment, or from a file `.env` in the folder where the program was started.
 *
 * The file is read when a variable is asked for and is never copied into `process.env`: from there every child process
 * would inherit the key. The environment wins over the file, as with every other tool that reads one.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { codeOf, Failure, messageOf } from '../../engine/stage.ts'

export interface Variable {
  readonly value: string
  /** A sentence when the file that holds it can be read by every user of the machine. */
  readonly warning?: string | undefined
}

/** The variable, without space at its ends; undefined when it is not set or empty. Throws Failure when `.env` can't be read. */
export function variable(name: string, folder = process.cwd()): Variable | undefined {
  const set = process.env[name]?.trim()
  if (set) return { value: set }
  const path = join(folder, '.env')
  const value = fileVariables(path)[name]?.trim()
  return value ? { value, warning: openToAll(path) } : undefined
}

function fileVariables(path: string): { readonly [name: string]: string | undefined } {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw new Failure(`.env cannot be read: ${messageOf(error)}`, {
      remedy: 'Make it readable for yourself (chmod 600 .env), or set the variable in the environment.',
    })
  }
}

function openToAll(path: string): string | undefined {
  // Windows has no such mode bits; what stat says of them there means nothing.
  if (process.platform === 'win32' || (statSync(path).mode & 0o004) === 0) return undefined
  return '.env holds a key and can be read by every user of this machine: chmod 600 .env'
}
