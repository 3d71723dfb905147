/**
 * What the grammar says of a text: its top-level statements, where it is not Python, and what a definition holds.
 *
 * The grammar is @lezer/python: it reads broken text too, at megabytes a second, and needs no interpreter. Rejected: asking a
 * real `python3 -c 'import ast'` (not on every machine, a process, and nothing at all is said of a text with one
 * fault in it); regular expressions (a def in a docstring is no def).
 *
 * The grammar is more lenient than Python in some ways and stricter in others. The lenient ones that matter here (a
 * stray indentation, a string left open, `return` outside a function, `print x`) are looked for on top; the places
 * where it rejects valid Python (a bare `yield`, `case Point():`, `20.`, form feeds) are excused.
 */
import type { SyntaxNode, Tree } from '@lezer/common'
import { parser } from '@lezer/python'

export interface Problem {
  readonly at: number
  /** 'return': a return outside any function, which is right for text that continues a function. */
  readonly kind: 'syntax' | 'indentation' | 'string' | 'return' | 'print'
}

export interface Statement {
  readonly node: SyntaxNode
  /** The grammar's name for it, that of the definition when it is decorated; '⚠' for text that is no statement. */
  readonly kind: string
  readonly from: number
  /** Without the white space and comments after it. */
  readonly to: number
  readonly broken: boolean
  /** Its problems are but a `return` outside of a function: right in a function's body. */
  readonly misplaced: boolean
}

export interface Module {
  readonly text: string
  readonly tree: Tree
  readonly statements: readonly Statement[]
  /** In the order of the text; empty for a valid program. */
  readonly problems: readonly Problem[]
}

const strict = parser.configure({ strict: true })

const modules = new Map<string, Module>()
const faults = new Map<string, { readonly at: number | undefined }>()

/** Parses, remembering the last few texts: the rules ask again and again about the same ones. */
export function parse(text: string): Module {
  return modules.get(text) ?? remember(modules, text, moduleOf(parser.parse(excused(text)), text))
}

/**
 * Where the first problem of a text is, or undefined when it is a valid program. Use it before `parse` where the text
 * may be prose: in that the grammar's recovery is fifteen times as slow as in code, and this stops at the first word.
 */
export function faultOf(text: string): number | undefined {
  const known = faults.get(text) ?? remember(faults, text, { at: findFault(text) })
  return known.at
}

function findFault(text: string): number | undefined {
  if (!modules.has(text)) {
    try {
      remember(modules, text, moduleOf(strict.parse(excused(text)), text))
    } catch (error) {
      const at = Number(/\d+$/.exec(error instanceof SyntaxError ? error.message : '')?.[0])
      if (Number.isNaN(at)) throw error
      // What `isExcused` excuses stops the strict parser too.
      if (!/(?:\byield|\()\s*$/.test(text.slice(0, at))) return lenientFault(text, at) ?? at
    }
  }
  return parse(text).problems[0]?.at
}

/** What the grammar lets pass on the lines before its first error. */
function lenientFault(text: string, error: number): number | undefined {
  const before = text.slice(0, text.lastIndexOf('\n', error - 1) + 1)
  return parse(before).problems.find(({ kind }) => kind !== 'syntax')?.at
}

function remember<T>(answers: Map<string, T>, text: string, answer: T): T {
  answers.set(text, answer)
  if (answers.size > REMEMBERED) {
    const oldest = answers.keys().next()
    if (!oldest.done) answers.delete(oldest.value)
  }
  return answer
}

const REMEMBERED = 64

/** The text's beginning up to the line with its first problem, read; all of it for a valid program. */
export function soundPart(text: string): Module {
  const fault = faultOf(text)
  return fault === undefined ? parse(text) : upTo(text, fault)
}

/** The same for a text that may be the body of a function: there a `return` is no problem. */
export function soundBody(text: string): Module {
  const fault = faultOf(text)
  if (fault === undefined || !/^return\b/.test(text.slice(fault))) return soundPart(text)
  const problem = parse(text).problems.find(({ kind }) => kind !== 'return')
  return problem === undefined ? parse(text) : upTo(text, problem.at)
}

function upTo(text: string, fault: number): Module {
  const end = text.indexOf('\n', fault)
  return parse(end < 0 ? text : text.slice(0, end + 1))
}

function moduleOf(tree: Tree, text: string): Module {
  const problems = problemsOf(tree, text)
  return { text, tree, problems, statements: statementsOf(tree, text, problems) }
}

/** The text with what the grammar wrongly rejects replaced, length for length. */
function excused(text: string): string {
  return text.replace(/\f/g, ' ').replace(/(?<![\w.])(\d+)\.(?![\w.])/g, '$10')
}

function problemsOf(tree: Tree, text: string): Problem[] {
  const problems: Problem[] = []
  /** Of each open block the column of its statements; undefined: not known yet, null: not to be looked at. */
  const columns: (number | undefined | null)[] = []
  let functions = 0
  tree.iterate({
    enter(node) {
      const { name, from, to } = node
      if (node.type.isError) {
        if (!isExcused(node.node)) problems.push({ at: from, kind: 'syntax' })
        return
      }
      if (node.type.is('Statement')) {
        const expected = columns.at(-1)
        const column = columnOf(text, from)
        if (column !== undefined && expected !== null) {
          if (expected === undefined) columns[columns.length - 1] = column
          else if (expected !== column) problems.push({ at: from, kind: 'indentation' })
        }
      }
      switch (name) {
        case 'Script':
          columns.push(0)
          break
        case 'Body':
          columns.push(undefined)
          break
        case 'StatementGroup':
        case 'DecoratedStatement':
          columns.push(null)
          break
        case 'FunctionDefinition':
          functions++
          break
        case 'ReturnStatement':
          if (functions === 0) problems.push({ at: from, kind: 'return' })
          break
        case 'PrintStatement':
          problems.push({ at: from, kind: 'print' })
          break
        case 'String':
          if (!/['"]$/.test(text.slice(to - 1, to)) || /^['"]$/.test(text.slice(from, to)))
            problems.push({ at: from, kind: 'string' })
          break
      }
    },
    leave(node) {
      if (node.name === 'FunctionDefinition') functions--
      if (/^(Script|Body|StatementGroup|DecoratedStatement)$/.test(node.name)) columns.pop()
    },
  })
  return problems.sort((a, b) => a.at - b.at)
}

function isExcused({ from, to, parent }: SyntaxNode): boolean {
  if (from !== to || parent === null) return false
  if (/^Yield(?:Statement|Expression)$/.test(parent.name)) return true
  return parent.name === 'LiteralPattern' && parent.parent?.name === 'PatternArgList'
}

/** The column, in characters, of a statement that begins its line. */
function columnOf(text: string, from: number): number | undefined {
  const start = text.lastIndexOf('\n', from - 1) + 1
  return /^[ \t\f]*$/.test(text.slice(start, from)) ? from - start : undefined
}

function statementsOf(tree: Tree, text: string, problems: readonly Problem[]): Statement[] {
  const statements: Statement[] = []
  for (let node = tree.topNode.firstChild; node !== null; node = node.nextSibling) {
    if (node.name === 'Comment') continue
    if (node.type.isError && node.from === node.to) continue
    const { from, to } = node
    statements.push({
      node,
      kind: kindOf(node),
      from,
      to: from + text.slice(from, to).trimEnd().length,
      broken: false,
      misplaced: false,
    })
  }
  // A problem belongs to the statement that it is in, or else to the one that it follows.
  let index = 0
  const kinds = new Map<number, Set<Problem['kind']>>()
  for (const { at, kind } of problems) {
    while (index + 1 < statements.length && (statements[index + 1]?.from ?? 0) <= at) index++
    kinds.set(index, (kinds.get(index) ?? new Set()).add(kind))
  }
  return statements.map((statement, i) => {
    const found = kinds.get(i)
    if (found === undefined) return statement
    return { ...statement, broken: true, misplaced: found.size === 1 && found.has('return') }
  })
}

function kindOf(node: SyntaxNode): string {
  if (node.name !== 'DecoratedStatement') return node.name
  return definitionIn(node)?.name ?? node.name
}

function definitionIn(node: SyntaxNode): SyntaxNode | null {
  if (node.name === 'FunctionDefinition' || node.name === 'ClassDefinition') return node
  if (node.name !== 'DecoratedStatement') return null
  return node.getChild('FunctionDefinition') ?? node.getChild('ClassDefinition')
}

/** A def or class: its name, its body's statements, and where it stands. */
export interface Definition {
  readonly name: string
  /** Decorators included. */
  readonly from: number
  /** Of its first line. */
  readonly column: number
  /** Of its body's statements, when there are any on lines of their own. */
  readonly bodyColumn: number | undefined
  /** True when nothing in it does anything: docstrings, imports, `pass`, `...`, `raise NotImplementedError`. */
  readonly stub: boolean
  /** The last statement of its body. */
  readonly last: SyntaxNode | undefined
}

/** The definition that a node is, or undefined. */
export function definitionOf(node: SyntaxNode, text: string): Definition | undefined {
  const definition = definitionIn(node)
  const name = definition?.getChild('VariableName')
  if (!definition || !name) return undefined
  const body = definition.getChild('Body')?.getChildren('Statement') ?? []
  const first = body[0]
  return {
    name: text.slice(name.from, name.to),
    from: node.from,
    column: columnOf(text, node.from) ?? 0,
    bodyColumn: first === undefined ? undefined : columnOf(text, first.from),
    stub: body.every((statement) => isStub(text.slice(statement.from, statement.to).trim(), statement)),
    last: body.at(-1),
  }
}

/** The definition that begins at an offset, at any depth. */
export function definitionAt({ tree, text }: Module, from: number): Definition | undefined {
  for (let node: SyntaxNode | null = tree.resolveInner(from, 1); node?.from === from; node = node.parent) {
    const definition = definitionOf(node, text)
    if (definition !== undefined) return definition
  }
  return undefined
}

function isStub(text: string, statement: SyntaxNode): boolean {
  if (/^(?:Pass|Import|Scope)Statement$/.test(statement.name) || text === '...') return true
  if (statement.name === 'RaiseStatement') return text.includes('NotImplementedError')
  return statement.name === 'ExpressionStatement' && statement.firstChild?.name === 'String'
}

/** Whether a statement does something: words, numbers and strings that merely stand there are no code, whatever the grammar calls them. */
export function isCode(statement: SyntaxNode): boolean {
  if (statement.type.isError) return false
  if (statement.name === 'AssignStatement') return statement.getChild('AssignOp') !== null
  if (statement.name !== 'ExpressionStatement') return true
  return has(
    statement,
    /^(CallExpression|AwaitExpression|YieldExpression|NamedExpression|\w*ComprehensionExpression)$/,
  )
}

/** Whether a node of such a name is in it. */
export function has(node: SyntaxNode, name: RegExp): boolean {
  const cursor = node.cursor()
  do {
    if (cursor.from >= node.to && cursor.from > node.from) break
    if (name.test(cursor.name)) return true
  } while (cursor.next() && cursor.from < node.to)
  return false
}
