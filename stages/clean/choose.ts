/**
 * Which of several pieces of code is the answer: the one that gives what the question needs. Others are added only
 * when they give names that the chosen one takes from nowhere (a helper or an import that stood in a block before).
 */
import type { Block } from './blocks.ts'
import { dedent } from './layout.ts'
import { bindsOf, usesOf } from './names.ts'
import { answers, programOf } from './preload.ts'
import { definitionOf, has, isCode, type Module, parse, soundPart } from './python.ts'
import type { Task } from './task.ts'
import { unwrapped } from './wrapping.ts'

interface Candidate {
  readonly block: Block
  readonly module: Module
  readonly gives: ReadonlySet<string>
  /** How much of what the question needs it gives. */
  readonly needed: number
  readonly worth: number
}

/** A piece of code, and how many others could have been the answer as well. */
export interface Chosen {
  readonly text: string
  readonly candidates: number
}

/** The answer among the blocks, or undefined when none has code in it, or none what is needed though it must. */
export function choose(blocks: readonly Block[], task: Task, must: 'code' | 'needed'): Chosen | undefined {
  const candidates = blocks.map((block) => candidateOf(block, task))
  let best: Candidate | undefined
  for (const candidate of candidates.filter(({ needed }) => must === 'code' || needed > 0))
    if (candidate.worth > 0 && candidate.worth >= (best?.worth ?? 0)) best = candidate
  if (best === undefined) return undefined
  const chosen = withHelpers(best, candidates, task)
  return { text: textOf(chosen, best), candidates: rivals(chosen, best, candidates) }
}

/** How many different texts, besides the chosen ones, give something of what is needed; any code, where none does. */
function rivals(chosen: readonly Candidate[], best: Candidate, candidates: readonly Candidate[]): number {
  const texts = new Set<string>()
  for (const { module, block, needed, worth } of candidates)
    if (block.python && worth > 0 && (needed > 0 || best.needed === 0)) texts.add(module.text.trim())
  for (const { module } of chosen) texts.delete(module.text.trim())
  return texts.size
}

function candidateOf(block: Block, task: Task): Candidate {
  const text = unwrapped(block.text)
  const module = parse(dedent(text))
  const gives = new Set(module.statements.flatMap(({ node }) => [...bindsOf(node, module.text)]))
  const own = needed(text, module, gives, task)
  return { block, module, gives, needed: own, worth: worthOf(block, module, own) }
}

/** 0: no code. The tens say how much of what is needed it gives, the ones how sound it is. */
function worthOf(block: Block, module: Module, needed: number): number {
  if (!module.statements.some(({ node }) => isCode(node))) return 0
  const sound = (module.problems.length === 0 ? 2 : 0) + (block.python ? 1 : 0)
  return (block.python ? 1000 : 1) + needed * 10 + sound
}

function needed(text: string, module: Module, gives: ReadonlySet<string>, task: Task): number {
  if (task.open.length > 0) {
    if (module.statements.some(({ node }) => isDefinition(node, module, task))) return 9
    const program = programOf(text, task)
    if (!program.startsWith(task.preload) || !fills(module)) return 0
    return answers(soundPart(program), task) ? 5 : 0
  }
  const wanted = [...task.names].filter((name) => gives.has(name) && !isStubOf(name, module)).length
  if (task.called) return Math.min(wanted, 9)
  const calls = module.statements.some(({ node }) => isCode(node) && !/Definition$|^Import/.test(node.name))
  return wanted + (calls ? 2 : 0) + (task.reads && readsInput(module) ? 4 : 0)
}

function isDefinition(node: Module['statements'][number]['node'], module: Module, task: Task): boolean {
  const definition = definitionOf(node, module.text)
  return (
    definition !== undefined && !definition.stub && task.open.some(({ name }) => name === definition.name)
  )
}

function isStubOf(name: string, module: Module): boolean {
  const definitions = module.statements.flatMap(({ node }) => definitionOf(node, module.text) ?? [])
  return definitions.some((definition) => definition.name === name && definition.stub)
}

/** A text that goes on inside a function, and not a program beside it. */
function fills(module: Module): boolean {
  return module.problems.some(({ kind }) => kind === 'return') || /^[ \t]/.test(module.text)
}

function readsInput({ statements, text }: Module): boolean {
  return statements.some(({ node }) => {
    const names = usesOf(node, text)
    return (
      names.has('input') ||
      names.has('stdin') ||
      names.has('sys') ||
      names.has('fileinput') ||
      opensStdin(node, text)
    )
  })
}

function opensStdin(node: Module['statements'][number]['node'], text: string): boolean {
  return has(node, /^CallExpression$/) && /\bopen\(\s*0\s*[,)]/.test(text.slice(node.from, node.to))
}

/** The best one with those that give what it lacks, in the order of the text. */
function withHelpers(best: Candidate, candidates: readonly Candidate[], task: Task): Candidate[] {
  const chosen = new Set([best])
  const given = new Set([
    ...best.gives,
    ...parse(task.preload).statements.flatMap(({ node }) => [...bindsOf(node, task.preload)]),
  ])
  // A block that needs a further one can itself be a helper: look again until nothing is added.
  for (let size = 0; size < chosen.size; ) {
    size = chosen.size
    const missing = missingIn(chosen, given)
    for (const candidate of candidates) {
      if (chosen.has(candidate) || !candidate.block.python || candidate.module.problems.length > 0) continue
      const gives = [...candidate.gives]
      if (!gives.some((name) => missing.has(name)) || gives.some((name) => best.gives.has(name))) continue
      chosen.add(candidate)
      for (const name of gives) {
        given.add(name)
        missing.delete(name)
      }
    }
  }
  return candidates.filter((candidate) => chosen.has(candidate))
}

function textOf(chosen: readonly Candidate[], best: Candidate): string {
  return chosen.length === 1 ? best.block.text : chosen.map(({ module }) => module.text).join('\n')
}

function missingIn(chosen: ReadonlySet<Candidate>, given: ReadonlySet<string>): Set<string> {
  const missing = new Set<string>()
  for (const { module } of chosen)
    for (const { node } of module.statements)
      for (const name of usesOf(node, module.text)) if (!given.has(name)) missing.add(name)
  return missing
}
