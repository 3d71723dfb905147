/** What a machine may lack: the bench that needs it says so and goes on without. In CI nothing may be lacking. */
import { onPath } from '../engine/testing/parts.ts'
import { note } from './compare.ts'

/** Notes that this part of a bench was left out. */
export function notHere(bench: string, what: string, why: string): void {
  if (process.env['CI']) throw new Error(`${what}: missing in CI: ${why}`)
  note(bench, what, `not here: ${why}`)
}

/** Whether a command is installed; when it is not, says that this part is left out. */
export function isHere(bench: string, command: string): boolean {
  const found = onPath(command)
  if (!found) notHere(bench, command, 'not installed')
  return found
}
