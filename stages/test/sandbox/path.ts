/** Where a program of the machine is, and how one that is missing is had. */
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

/** By which package managers there are; the first that is found is the system's. */
const managers = {
  'apt-get': 'sudo apt-get install',
  dnf: 'sudo dnf install',
  pacman: 'sudo pacman -S',
  zypper: 'sudo zypper install',
  apk: 'sudo apk add',
  brew: 'brew install',
} as const

/** The command that installs a package, whose name is Debian's. */
export function installing(name: string): string {
  const manager = Object.keys(managers).find((program) => onPath(program) !== undefined)
  const command = Object.entries(managers).find(([program]) => program === manager)?.[1]
  // Only Debian's package of that name has nothing to do with containers.
  const known = name === 'docker.io' && manager !== 'apt-get' ? 'docker' : name
  return command === undefined ? `Install the package ${known}.` : `To install it: ${command} ${known}`
}
