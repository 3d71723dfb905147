/** A last line that the token limit cut off. */
import { addsCode, answers } from './preload.ts'
import { faultOf, parse } from './python.ts'
import type { Task } from './task.ts'

/** How many lines a model can have begun and not finished; each try is a parse. */
const LINES = 60

/** A last statement that was cut off goes, when the program before it is whole. Takes a whole program. */
export function cutOff(text: string, task: Task, finish: string | undefined): string {
  const fault = faultOf(text)
  if (fault === undefined) return text
  const end = text.trimEnd().length
  const lastLine = text.lastIndexOf('\n', end - 1) + 1
  if (finish !== 'length' && fault < lastLine) return text
  let rest = text.slice(0, lastLine)
  for (let i = 0; i < LINES && rest !== ''; i++) {
    if (faultOf(rest) === undefined)
      return addsCode(parse(rest), task) && answers(parse(rest), task) ? `${rest.trimEnd()}\n` : text
    rest = rest.slice(0, rest.trimEnd().lastIndexOf('\n') + 1)
  }
  return text
}
