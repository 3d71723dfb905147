/** Names of support files: paths that stay inside the working directory, wherever it is. */

/** What is wrong with a support file's name, as the end of a sentence; undefined when nothing is. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'must not be empty'
  if (/[\x00-\x1f\x7f]/.test(name)) return 'must not contain control characters'
  if (/^([/\\]|[A-Za-z]:)/.test(name)) return 'must be relative: the file is laid into the working directory'
  const parts = name.split(/[/\\]/)
  if (parts.includes('..')) return "must not contain '..': the file is laid into the working directory"
  if (name.includes('\\')) return 'must have forward slashes'
  if (parts.includes('') || parts.includes('.'))
    return "must name a file, without empty parts and without '.'"
  if (name === 'program.py') return "must not be 'program.py': that is the program under test"
  return undefined
}
