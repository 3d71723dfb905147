/**
 * What a question needs of an answer: the definition that its preload opens, the names that its test cases use.
 * Every rule decides by this, and by nothing else of the question.
 */

import type { Question } from '../questions/model.ts'
import { preloadOf } from '../questions/preload.ts'
import { bindsOf, usesOf } from './names.ts'
import { type Definition, definitionOf, type Module, parse } from './python.ts'

/** The parts of a question that cleaning may look at. */
export type Asked = Pick<Question, 'prompt' | 'answer_preload' | 'testcases' | 'capture'>

export interface Task {
  /** With line feeds only; '' when there is none. */
  readonly preload: string
  /** The definitions at the preload's end that an answer goes on with, outermost first. */
  readonly open: readonly Definition[]
  /** The innermost open definition has nothing in it yet: an answer has to fill it. */
  readonly hungry: boolean
  /** Names that test cases use. */
  readonly names: ReadonlySet<string>
  /** Every test case has code of its own: the answer is asked for something that this code calls. */
  readonly called: boolean
  /** Some test case types something in. */
  readonly reads: boolean
  /** All that the test cases expect is what a program prints, its top level included. */
  readonly printed: readonly string[]
}

const remembered = new WeakMap<Asked, Task>()

export function taskOf(question: Asked): Task {
  const known = remembered.get(question)
  if (known !== undefined) return known
  const preload = lineFeeds(preloadOf(question))
  const open = openDefinitions(parse(preload))
  const { testcases } = question
  const task: Task = {
    preload,
    open,
    hungry: open.at(-1)?.stub ?? false,
    names: new Set(testcases.flatMap(({ code }) => namesIn(lineFeeds(code)))),
    called: testcases.length > 0 && testcases.every(({ code }) => code.trim() !== ''),
    reads: testcases.some(({ stdin }) => stdin.trim() !== ''),
    printed:
      question.capture === 'testcase'
        ? []
        : testcases.flatMap(({ expect }) => (expect === undefined ? [] : [expect])),
  }
  remembered.set(question, task)
  return task
}

export function lineFeeds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

function openDefinitions(preload: Module): Definition[] {
  const open: Definition[] = []
  let node = preload.statements.at(-1)?.node
  while (node !== undefined) {
    const definition = definitionOf(node, preload.text)
    if (definition === undefined) break
    open.push(definition)
    node = definition.last
  }
  return open
}

function namesIn(code: string): string[] {
  return parse(code).statements.flatMap(({ node }) => [...usesOf(node, code)])
}

/** Top-level names of a text with the statement that gives each last. */
export function givenBy(module: Module): ReadonlyMap<string, number> {
  const given = new Map<string, number>()
  module.statements.forEach(({ node }, index) => {
    for (const name of bindsOf(node, module.text)) given.set(name, index)
  })
  return given
}
