/**
 * Which names a statement gives to the program and which it takes from it, and what it calls.
 *
 * What is taken is over-estimated and never under-estimated: a text is dropped only when nothing can need it.
 */
import type { SyntaxNode } from '@lezer/common'
import { definitionOf } from './python.ts'

type Names = Set<string>

/** Names that a top-level statement gives to the module, also from inside its blocks, but not from inside functions. */
export function bindsOf(node: SyntaxNode, text: string): ReadonlySet<string> {
  const names: Names = new Set()
  bind(node, text, names)
  return names
}

function bind(node: SyntaxNode, text: string, names: Names): void {
  const definition = definitionOf(node, text)
  if (definition !== undefined) {
    names.add(definition.name)
    return
  }
  switch (node.name) {
    case 'LambdaExpression':
      return
    case 'AssignStatement':
    case 'UpdateStatement':
      bindTargets(node, text, names, /^(AssignOp|UpdateOp|TypeDef)$/)
      break
    case 'NamedExpression':
      bindTargets(node, text, names, /^AssignOp$/)
      break
    case 'ForStatement':
      bindTargets(node, text, names, /^in$/)
      break
    case 'ImportStatement':
      bindImports(node, text, names)
      return
    case 'WithStatement':
    case 'TryStatement':
      bindAliases(node, text, names)
      break
    case 'CapturePattern':
    case 'AsPattern':
    case 'StarPattern':
    case 'TypeDefinition':
    case 'ScopeStatement':
      for (const name of node.getChildren('VariableName')) names.add(text.slice(name.from, name.to))
      break
  }
  for (let child = node.firstChild; child !== null; child = child.nextSibling) bind(child, text, names)
}

/** The targets before the last mark: in `a = b = c` these are a and b. */
function bindTargets(node: SyntaxNode, text: string, names: Names, mark: RegExp): void {
  let last = -1
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === 'Body') break
    if (mark.test(child.name)) last = child.from
    if (node.name === 'ForStatement' && last >= 0) break
  }
  for (let child = node.firstChild; child !== null && child.from < last; child = child.nextSibling)
    bindTarget(child, text, names)
}

function bindTarget(node: SyntaxNode, text: string, names: Names): void {
  if (node.name === 'VariableName') names.add(text.slice(node.from, node.to))
  if (!/^(Tuple|Parenthesized|Array)Expression$/.test(node.name)) return
  for (let child = node.firstChild; child !== null; child = child.nextSibling) bindTarget(child, text, names)
}

function bindImports(node: SyntaxNode, text: string, names: Names): void {
  const start = node.getChild('import')?.from ?? node.from
  let before: SyntaxNode | null = null
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    const alias = before?.name === 'as'
    const inner = before?.name === '.' // import a.b gives a
    if (child.from >= start && child.name === 'VariableName' && !inner) {
      const named = before?.name === 'as' ? child.prevSibling?.prevSibling : null
      if (alias && named) names.delete(text.slice(named.from, named.to))
      names.add(text.slice(child.from, child.to))
    }
    if (child.name === '*') names.add('*')
    before = child
  }
}

function bindAliases(node: SyntaxNode, text: string, names: Names): void {
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name === 'as' && child.nextSibling) bindTarget(child.nextSibling, text, names)
}

/** Names that a node takes from outside of it: all that stand in it, without what its functions keep to themselves. */
export function usesOf(node: SyntaxNode, text: string): ReadonlySet<string> {
  const names: Names = new Set()
  use(node, text, names)
  return names
}

function use(node: SyntaxNode, text: string, names: Names): void {
  if (node.name === 'VariableName') {
    if (!isKeyword(node)) names.add(text.slice(node.from, node.to))
  } else if (node.name === 'FunctionDefinition') useFunction(node, text, names)
  else if (hasOwn(node)) useOwn(node, text, names)
  else if (node.name === 'ImportStatement') return
  else for (let child = node.firstChild; child !== null; child = child.nextSibling) use(child, text, names)
}

function useFunction(node: SyntaxNode, text: string, names: Names): void {
  const own: Names = new Set()
  const taken: Names = new Set()
  const body = node.getChild('Body')
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === 'ParamList') useParameters(child, text, own, names)
    else if (child.name === 'TypeDef') use(child, text, names)
  }
  if (body !== null) {
    bind(body, text, own)
    for (const name of declaredOutside(body, text)) own.delete(name)
    use(body, text, taken)
  }
  for (const name of taken) if (!own.has(name)) names.add(name)
}

/** `b` in `f(b=c)`. */
function isKeyword({ parent, nextSibling }: SyntaxNode): boolean {
  return parent?.name === 'ArgList' && nextSibling?.name === 'AssignOp'
}

function hasOwn(node: SyntaxNode): boolean {
  return (
    /Comprehension|^LambdaExpression$/.test(node.name) || (node.name === 'ArgList' && !!node.getChild('for'))
  )
}

/** Variables of a comprehension and parameters of a lambda are its own. */
function useOwn(node: SyntaxNode, text: string, names: Names): void {
  const own: Names = new Set()
  const taken: Names = new Set()
  let isTarget = false
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === 'ParamList') useParameters(child, text, own, taken)
    else if (isTarget) bindTarget(child, text, own)
    else use(child, text, taken)
    if (/^(for|in)$/.test(child.name)) isTarget = child.name === 'for'
  }
  for (const name of taken) if (!own.has(name)) names.add(name)
}

function useParameters(list: SyntaxNode, text: string, own: Names, names: Names): void {
  let isDefault = false
  for (let child = list.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === 'VariableName' && !isDefault) own.add(text.slice(child.from, child.to))
    else use(child, text, names)
    isDefault = child.name === 'AssignOp'
  }
}

function declaredOutside(body: SyntaxNode, text: string): ReadonlySet<string> {
  const names: Names = new Set()
  const cursor = body.cursor()
  do {
    if (cursor.from >= body.to) break
    if (cursor.name !== 'ScopeStatement') continue
    for (const name of cursor.node.getChildren('VariableName')) names.add(text.slice(name.from, name.to))
  } while (cursor.next())
  return names
}

/**
 * Of every call in a node, those inside its functions too, the name at the root of what is called: `a` in `a.b().c()`;
 * undefined when it is no name.
 */
export function calledIn(node: SyntaxNode, text: string): readonly (string | undefined)[] {
  const roots: (string | undefined)[] = []
  const visit = (each: SyntaxNode): void => {
    if (each.name === 'CallExpression' && each.firstChild !== null) roots.push(rootOf(each.firstChild, text))
    for (let child = each.firstChild; child !== null; child = child.nextSibling) visit(child)
  }
  visit(node)
  return roots
}

/** Of everything that a node changes through `x.y = …`, `x[y] = …` or `del`, the name at its root; undefined when it is no name. */
export function changedIn(node: SyntaxNode, text: string): readonly (string | undefined)[] {
  const roots: (string | undefined)[] = []
  const visit = (each: SyntaxNode): void => {
    roots.push(...partsChanged(each).map((part) => rootOf(part, text)))
    for (let child = each.firstChild; child !== null; child = child.nextSibling) visit(child)
  }
  visit(node)
  return roots
}

function partsChanged(node: SyntaxNode): SyntaxNode[] {
  if (node.name === 'DeleteStatement')
    return [...node.getChildren('VariableName'), ...node.getChildren('MemberExpression')]
  if (node.name !== 'AssignStatement' && node.name !== 'UpdateStatement') return []
  const mark = node.getChild('AssignOp') ?? node.getChild('UpdateOp')
  return node.getChildren('MemberExpression').filter((member) => mark !== null && member.from < mark.from)
}

/** `a` in `a.b().c`. */
function rootOf(node: SyntaxNode, text: string): string | undefined {
  let root: SyntaxNode | null = node
  while (root !== null && /^(Member|Call|Parenthesized)Expression$/.test(root.name)) root = root.firstChild
  return root?.name === 'VariableName' ? text.slice(root.from, root.to) : undefined
}

const BUILT_IN = new Set(
  `abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict
  dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int
  isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print property quit range
  repr reversed round self set setattr slice sorted staticmethod str sum super tuple type vars zip`.split(
    /\s+/,
  ),
)

/** Whether Python itself gives a name. */
export function isBuiltIn(name: string): boolean {
  return BUILT_IN.has(name) || /^__\w+__$|^[A-Z]\w*(?:Error|Exception|Warning)$/.test(name)
}
