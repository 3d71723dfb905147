/**
 * What a model wrote after the answer: a second definition of the same thing, examples, tests, another question, prose.
 *
 * From the end backwards, statement by statement, and only for a question whose test cases call the answer: what
 * gives no name that anything before it or a test case takes, and does nothing but show or try the answer, goes. The
 * first statement of which that can't be said stops it, so what might be needed stays. Rejected: stop words
 * (`\ndef`, `\nprint`, `\nif`), which cut helpers and top-level code off right answers.
 */
import { bindsOf, calledIn, changedIn, isBuiltIn, usesOf } from './names.ts'
import { definitionOf, has, isCode, type Module, parse, type Statement } from './python.ts'
import { givenBy, type Task } from './task.ts'

/** With these anything may be needed by a name that nobody sees. */
const UNSEEN = /^(?:globals|locals|vars|eval|exec|inspect|__import__|importlib)$/
/** Modules of which a call at the top level tries or measures something and sets nothing up. */
const TRYING = /^(?:unittest|doctest|pytest|timeit|time|pprint|random|math)$/

/** Modules through which a program sets up its own interpreter. */
const SETTING = /\b(?:sys|builtins|threading|resource|signal|decimal|locale|gc)\b/

/** What a statement after the answer is. `trial`: shows or tries the answer. `work`: does something that may be needed. */
type Role = 'broken' | 'idle' | 'definition' | 'import' | 'value' | 'trial' | 'work'

/** Takes a whole program. */
export function trailingCode(text: string, task: Task): string {
  const program = parse(text)
  const answer = answerIn(program, task)
  if (answer === undefined || answer === program.statements.length - 1) return text
  const first = new Trail(program, answer, task).first()
  if (first === undefined) return text
  return `${text.slice(0, program.statements[first - 1]?.to).trimEnd()}\n`
}

/** The index of the statement that holds the answer, when the test cases call it by name. */
function answerIn({ statements, text }: Module, task: Task): number | undefined {
  const definitions = statements.map(({ node, broken }) => (broken ? undefined : definitionOf(node, text)))
  const opened = task.open[0]
  if (opened !== undefined && text.startsWith(task.preload)) {
    // A model that went on where the preload stopped has answered there, unless it only wrote a stub.
    const index = definitions.findIndex((each) => each?.from === opened.from && !each.stub)
    if (index >= 0) return index
  }
  const index = definitions.findLastIndex(
    (each) =>
      each !== undefined &&
      !each.stub &&
      (each.name === opened?.name || (task.called && task.names.has(each.name))),
  )
  return index < 0 ? undefined : index
}

class Trail {
  readonly program: Module
  readonly answer: number
  readonly task: Task
  readonly answerName: string
  /** The answer goes on where the preload stopped: what defines further things is another question's. */
  readonly goesOn: boolean
  /** Names that the statements of the trail take or give. */
  readonly names = new Set<string>()
  readonly uses: readonly ReadonlySet<string>[]
  /** Names of the program, with the statement that gives each. */
  readonly given: ReadonlyMap<string, number>
  /** For each statement, the names that functions before it take: they may be called after it. */
  readonly needed: readonly ReadonlySet<string>[]

  constructor(program: Module, answer: number, task: Task) {
    const { statements, text } = program
    this.program = program
    this.answer = answer
    this.task = task
    const node = statements[answer]?.node
    this.answerName = (node && definitionOf(node, text)?.name) ?? ''
    this.goesOn = task.open.length > 0 && text.startsWith(task.preload)
    this.uses = statements.map((statement) => usesOf(statement.node, text))
    this.given = givenBy(program)
    this.needed = this.#namesBefore()
  }

  /** The index of the first statement that is to go, or undefined when none is. */
  first(): number | undefined {
    const { statements, text } = this.program
    if ([...this.task.names, ...this.uses.flatMap((names) => [...names])].some((name) => UNSEEN.test(name)))
      return undefined
    let first: number | undefined
    let reason = false
    for (let index = statements.length - 1; index > this.answer; index--) {
      const statement = statements[index]
      if (statement === undefined) break
      const binds = bindsOf(statement.node, text)
      const role = this.#roleOf(statement, binds)
      const again = this.goesOn && role === 'definition' && binds.has(this.answerName)
      const isNeeded = [...binds].some((name) => this.#isNeeded(name, index))
      if (!again && (isNeeded || !this.#mayGo(role, index, binds))) break
      first = index
      reason ||= this.goesOn || role === 'broken' || role === 'trial'
      for (const name of [...binds, ...(this.uses[index] ?? [])]) this.names.add(name)
    }
    return reason ? first : undefined
  }

  /** Whether a test case or what stands before a statement takes a name that it gives. */
  #isNeeded(name: string, index: number): boolean {
    const needed = this.needed[index]
    if (name !== '*') return this.task.names.has(name) || needed?.has(name) === true
    return !this.goesOn || [...(needed ?? [])].some((each) => !this.given.has(each) && !isBuiltIn(each))
  }

  #namesBefore(): ReadonlySet<string>[] {
    const seen = new Set<string>()
    return this.program.statements.map(({ node, kind }, index) => {
      const before = new Set(seen)
      if (/Definition$/.test(kind) || has(node, /^LambdaExpression$/))
        for (const name of this.uses[index] ?? []) seen.add(name)
      return before
    })
  }

  #mayGo(role: Role, index: number, binds: ReadonlySet<string>): boolean {
    switch (role) {
      case 'broken':
      case 'idle':
        return true
      case 'trial':
      case 'value':
        return this.task.called
      case 'import':
        return this.task.called && (this.goesOn || [...binds].every((name) => this.names.has(name)))
      case 'definition':
        return (
          this.task.called &&
          (this.goesOn || [...binds].some((name) => this.names.has(name)) || this.#isTest(index))
        )
      case 'work':
        return false
    }
  }

  /** A definition that nothing takes and that takes the answer. */
  #isTest(index: number): boolean {
    return this.uses[index]?.has(this.answerName) ?? false
  }

  #roleOf({ node, kind, broken }: Statement, binds: ReadonlySet<string>): Role {
    if (broken) return 'broken'
    if (/Definition$/.test(kind)) return 'definition'
    if (kind === 'ImportStatement') return 'import'
    if (!isCode(node)) return 'idle'
    if (
      kind === 'IfStatement' &&
      this.uses[this.program.statements.findIndex((each) => each.node === node)]?.has('__name__')
    )
      return 'trial'
    if (!this.#isHarmless(node, binds) || this.#isAskedFor(node)) return 'work'
    if (kind === 'AssignStatement' || kind === 'UpdateStatement') return 'value'
    if (kind === 'ExpressionStatement' || kind === 'AssertStatement') return 'trial'
    if (!/^(?:For|While|With|Try|If)Statement$/.test(kind)) return 'work'
    return this.#tries(node) ? 'trial' : 'value'
  }

  #tries(node: Statement['node']): boolean {
    return (
      has(node, /^AssertStatement$/) ||
      calledIn(node, this.program.text).some((root) => root === 'print' || root === this.answerName)
    )
  }

  /** Nothing that is kept can be different for its not being run. */
  #isHarmless(node: Statement['node'], binds: ReadonlySet<string>): boolean {
    const index = this.program.statements.findIndex((each) => each.node === node)
    const isOwn = (root: string | undefined) =>
      root !== undefined && (this.given.get(root) ?? -1) > this.answer && !this.#isNeeded(root, index)
    if (!changedIn(node, this.program.text).every(isOwn)) return false
    return calledIn(node, this.program.text).every((root, index) => {
      if (root === undefined || root === this.answerName || binds.has(root)) return true
      const at = this.given.get(root)
      const giver = this.program.statements[at ?? -1]
      if (at === undefined || giver === undefined) return true
      if (giver.kind === 'ImportStatement') {
        if (TRYING.test(root) || /^sys\.path\./.test(this.program.text.slice(node.from, node.to))) return true
        if (SETTING.test(this.program.text.slice(giver.from, giver.to))) return false
        return at > this.answer || index > 0 || node.name !== 'ExpressionStatement'
      }
      // A variable of the trail's own may be worked on; one from before the answer may be what it reads.
      return /Definition$/.test(giver.kind) ? !this.#keepsState() : at > this.answer
    })
  }

  /** Some function works on a variable of the module: calling it may set up what the answer needs. */
  #keepsState(): boolean {
    const { statements, text } = this.program
    const before = statements.slice(0, this.answer)
    const variables = new Set(
      before.flatMap(({ node, kind }) => (/Definition$|^Import/.test(kind) ? [] : [...bindsOf(node, text)])),
    )
    return statements.some(
      ({ node, kind }, index) =>
        /Definition$/.test(kind) &&
        (has(node, /^ScopeStatement$/) || [...(this.uses[index] ?? [])].some((name) => variables.has(name))),
    )
  }

  /** It prints a text that every test case expects. */
  #isAskedFor(node: Statement['node']): boolean {
    const { printed } = this.task
    if (printed.length === 0) return false
    return stringsIn(node, this.program.text).some(
      (text) => text !== '' && printed.every((expect) => expect.includes(text)),
    )
  }
}

function stringsIn(node: Statement['node'], text: string): string[] {
  if (node.name === 'String')
    return [
      text
        .slice(node.from, node.to)
        .replace(/^\w*['"]+|['"]+$/g, '')
        .trim(),
    ]
  const found: string[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    found.push(...stringsIn(child, text))
  return found
}
