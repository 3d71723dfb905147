/** Where a program of the machine is. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Its path, looked for as a shell does; relative folders of PATH are passed over. */
export function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not there, or in a folder that is not ours to enter.
    return false
  }
}
