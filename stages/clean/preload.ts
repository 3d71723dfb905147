/**
 * How a text and the question's preload make a program.
 *
 * A text either goes on where the preload stops (what a completion model writes), or states the whole again (what a
 * chat model writes), or a part of it (one method). Which of these it is, the grammar says: each manner is tried,
 * and the first that gives a valid program in which the preload's definition has a body is taken. When none does,
 * the plain concatenation stands, which is what the question file promises.
 */
import type { SyntaxNode } from '@lezer/common'
import { dedent, indent } from './layout.ts'
import { bindsOf, usesOf } from './names.ts'
import {
  definitionAt,
  definitionOf,
  faultOf,
  has,
  isCode,
  type Module,
  parse,
  type Statement,
  soundPart,
} from './python.ts'
import { givenBy, type Task } from './task.ts'

/** program = before + text. */
export interface Arrangement {
  readonly before: string
  readonly text: string
}

const remembered = new WeakMap<Task, { of: string; is: Arrangement }>()

export function arrange(text: string, task: Task): Arrangement {
  const last = remembered.get(task)
  if (last?.of === text) return last.is
  const is = decide(text, task)
  remembered.set(task, { of: text, is })
  return is
}

function decide(text: string, task: Task): Arrangement {
  const { preload } = task
  if (preload === '') return { before: '', text: faultOf(text) === undefined ? text : undented(text) }
  if (!text.startsWith(preload)) return arranged(text, task)
  const rest = arranged(text.slice(preload.length), task)
  return { before: '', text: rest.before + rest.text }
}

function arranged(rest: string, task: Task): Arrangement {
  return restated(rest, task) ?? continued(rest, task)
}

/** For a text that states again what the preload opened, or one of the definitions inside it. */
function restated(rest: string, task: Task): Arrangement | undefined {
  if (task.open.length > 0 && !task.open.some(({ name }) => rest.includes(name))) return undefined
  const text = undented(rest)
  // A function of that name inside the answer's own body, which goes on and returns.
  if (text !== rest && parse(text).problems.some(({ kind }) => kind === 'return')) return undefined
  const module = soundPart(text)
  for (const [depth, { name, from, column }] of task.open.entries()) {
    if (!defines(module, name)) continue
    if (depth > 0)
      return { before: task.preload.slice(0, from - column), text: indent(text, ' '.repeat(column)) }
    return { before: withoutRepeated(task.preload.slice(0, from), module), text }
  }
  if (task.open.length > 0) return undefined
  const before = withoutRepeated(task.preload, module)
  return before === task.preload ? undefined : { before, text }
}

/** Whether a text defines the name at its top level, with nothing before it that is no program. */
function defines(module: Module, name: string): boolean {
  for (const { node, broken } of module.statements) {
    if (definitionOf(node, module.text)?.name === name) return true
    if (broken) return false
  }
  return false
}

/** The preload's statements that the text does not make itself. */
function withoutRepeated(preload: string, module: Module): string {
  const own = parse(preload)
  const given = givenBy(module)
  let kept = ''
  let at = 0
  for (const statement of own.statements) {
    if (!repeats(module, given, own, statement)) continue
    kept += preload.slice(at, statement.from)
    at = endOfLine(preload, statement.to)
  }
  const all = kept + preload.slice(at)
  return all.trim() === '' || module.text.startsWith(all) ? '' : all
}

function repeats(
  module: Module,
  given: ReadonlyMap<string, number>,
  own: Module,
  { node, kind }: Statement,
): boolean {
  const names = [...bindsOf(node, own.text)]
  const sources = names.map((name) => module.statements[given.get(name) ?? -1])
  switch (kind) {
    case 'FunctionDefinition':
    case 'ClassDefinition':
      return sources.every(
        (source) => source !== undefined && definitionOf(source.node, module.text)?.stub === false,
      )
    case 'ImportStatement':
      return sources.every((source) => source?.kind === 'ImportStatement')
    case 'AssignStatement':
      return (
        names.length > 0 &&
        sources.every((source) => source?.kind === 'AssignStatement') &&
        !readsBeforeGiving(module, new Set(names))
      )
    default: {
      const text = squeezed(own.text.slice(node.from, node.to))
      return module.statements.some((each) => squeezed(module.text.slice(each.from, each.to)) === text)
    }
  }
}

function readsBeforeGiving(module: Module, names: ReadonlySet<string>): boolean {
  const first = module.statements.find(({ node }) =>
    [...usesOf(node, module.text)].some((name) => names.has(name)),
  )
  if (first === undefined) return false
  const value = first.node.lastChild
  return (
    first.kind !== 'AssignStatement' ||
    value === null ||
    [...usesOf(value, module.text)].some((name) => names.has(name)) ||
    ![...bindsOf(first.node, module.text)].some((name) => names.has(name))
  )
}

function squeezed(code: string): string {
  return code.replace(/\s+/g, '')
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end + 1
}

/** For a text that goes on where the preload stops, with the indentation that it lost or has too much. */
function continued(rest: string, task: Task): Arrangement {
  const { preload } = task
  const plain = { before: preload, text: rest }
  if (fits(plain, task) || rest.trim() === '') return plain
  const line = { before: preload.endsWith('\n') ? preload : `${preload}\n`, text: rest }
  const manners = [line, ...reindented(line, task)]
  const fitting = manners.find((manner) => fits(manner, task))
  if (fitting !== undefined) return fitting
  // None is whole: a text whose end is broken still fits best where its problems begin last.
  let best: Arrangement = plain
  for (const manner of manners) if (isFed(manner, task) && fault(manner) < fault(best)) best = manner
  return best
}

function reindented({ before, text }: Arrangement, task: Task): Arrangement[] {
  const definition = task.open.at(-1)
  if (definition === undefined || !task.hungry) return []
  const by = ' '.repeat(definition.bodyColumn ?? definition.column + 4)
  const start = text.search(/\S/)
  const first = text.lastIndexOf('\n', start) + 1
  // Only the first line has lost it: what trimming a whole text does.
  const trimmed = { before, text: text.slice(0, first) + by + text.slice(start) }
  const moved = { before, text: indent(dedent(text), by) }
  return start > first ? [moved, trimmed] : [trimmed, moved]
}

/** A valid program in which what the preload opened has been filled. */
function fits(manner: Arrangement, task: Task): boolean {
  return faultOf(manner.before + manner.text) === undefined && isFed(manner, task)
}

/** Whether what the preload opened has got a statement from the text, be it a `pass`. */
function isFed({ before, text }: Arrangement, task: Task): boolean {
  const open = task.open.at(-1)
  if (open === undefined || !task.hungry) return true
  const definition = definitionAt(soundPart(before + text), open.from)
  return definition?.last !== undefined && definition.last.from >= before.trimEnd().length
}

/** How much of the text is behind its first problem. */
function fault({ before, text }: Arrangement): number {
  const fault = faultOf(before + text)
  return fault === undefined ? 0 : before.length + text.length - fault
}

function undented(text: string): string {
  const first = text.search(/[^\s]/)
  const moved = dedent(text)
  return first > 0 && moved !== text ? moved : text
}

/** The whole program that a text stands for. */
export function programOf(text: string, task: Task): string {
  const { before, text: own } = arrange(text, task)
  return before + own
}

/** Whether a text, with the preload, is a valid program that does what the preload asks for: then it is left alone. */
export function isWhole(text: string, task: Task): boolean {
  const arrangement = arrange(text, task)
  const program = arrangement.before + arrangement.text
  if (faultOf(program) !== undefined || !addsCode(parse(program), task)) return false
  const { preload } = task
  if (!program.startsWith(preload)) return answers(parse(program), task)
  return isFed({ before: preload, text: program.slice(preload.length) }, task)
}

/** Whether what the preload opened is defined with a body. */
export function answers(program: Module, task: Task): boolean {
  const opened = task.open[0]
  if (opened === undefined) return true
  return program.statements.some(({ node, broken }) => {
    const definition = definitionOf(node, program.text)
    return !broken && definition?.name === opened.name && !definition.stub
  })
}

/** Whether there is code in a program besides the preload's. In a broken one, a function with something in it counts. */
export function addsCode(program: Module, task: Task): boolean {
  const given = program.text.startsWith(task.preload) ? task.preload.trimEnd().length : 0
  return program.statements.some(
    ({ node, to, broken }) => to > given && (!broken || bodyOf(node) !== null) && adds(node, given),
  )
}

function adds(node: SyntaxNode, given: number): boolean {
  if (node.from >= given && !has(node, /^⚠$/)) return isCode(node)
  const body = bodyOf(node)
  return body?.getChildren('Statement').some((child) => child.to > given && adds(child, given)) ?? false
}

function bodyOf(node: SyntaxNode): SyntaxNode | null {
  const definition = node.getChild('FunctionDefinition') ?? node.getChild('ClassDefinition')
  return (definition ?? node).getChild('Body')
}
