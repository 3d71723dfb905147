/** Where edits are set aside when their place in a file is gone. */

/**
 * Beside the outputs, in a hidden folder that no pattern matches. `to` is the stage's pattern: the folder stands where
 * `%` begins to vary.
 */
export function asidePath(to: string, output: string): string {
  const fixed = to.includes('%') ? to.slice(0, to.indexOf('%')) : output
  const folder = output.slice(0, fixed.lastIndexOf('/') + 1)
  return `${folder}.set-aside/${output.slice(folder.length)}`
}
