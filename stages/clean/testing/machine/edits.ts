/** What a person does in the cleaned files. Each takes three numbers, which pick where and what. */
import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Act, at } from './act.ts'
import type { Claim } from './claims.ts'
import { Editor, type Section } from './editor.ts'
import type { Machine } from './machine.ts'
import type { Seen, SeenCompletion, SeenQuestion } from './seen.ts'
import { spelt, typedText } from './typing.ts'

/** A place in a cleaned file that is open in an editor. */
interface Spot {
  readonly machine: Machine
  readonly editor: Editor
  readonly file: string
  readonly question: SeenQuestion
  readonly section: Section
  /** Other sections of this kind in the question. */
  readonly siblings: readonly Section[]
  readonly completion: SeenCompletion | undefined
  claim(kind: Claim['kind'], value?: string, raw?: string): void
  /** A text that was never typed before. */
  type(shape: number): string
}

type Edit = (spot: Spot, b: number, c: number) => void

/** Cleaned files that a source file makes. */
function fileAt({ upstream }: Machine, seen: Seen, a: number): string | undefined {
  const names = [...seen.texts.keys()]
    .filter((path) => !path.startsWith('.'))
    .map((path) => path.slice(0, -5))
  return at(
    names.filter((name) => upstream.files.get(name)?.length),
    a,
  )
}

/** An act on a section of that kind. */
function within(kind: string, edit: Edit): Act {
  return (machine, a, b, c) =>
    machine.act((seen) => {
      const file = fileAt(machine, seen, a)
      if (file === undefined) return
      const editor = new Editor(join(machine.root, `data/cleaned/${file}.toml`))
      const section = at(editor.sections(kind), b)
      if (section === undefined) return
      const questions = seen.questions.filter((each) => !each.aside && each.file === file)
      const question = questions[section.question]
      if (question === undefined) throw new Error('the editor sees other questions')
      const siblings = editor.sections(kind, section.question)
      const index = siblings.findIndex(({ start }) => start === section.start)
      const completion = kind === 'questions.completions' ? question.completions[index] : undefined
      const { id, prompt } = question
      const claim = (of: Claim['kind'], value = '', raw = completion?.raw): void => {
        const upstream = machine.claims.expectsOf(id)
        machine.claims.add({ kind: of, value, id, prompt, raw, file, ...(upstream && { upstream }) })
      }
      const type = (shape: number) => typedText(++machine.typed, shape)
      edit({ machine, editor, file, question, section, siblings, completion, claim, type }, b, c)
    })
}

const completion: { readonly [name: string]: Edit } = {
  text: ({ editor, section, claim, type }, b, c) => {
    const text = type(c)
    editor.set(section, 'completion', spelt(text, b))
    editor.save()
    claim('text', text)
  },
  note: ({ editor, section, claim, type }, b, c) => {
    const text = type(c)
    editor.set(section, 'note', spelt(text, b))
    editor.save()
    claim('note', text)
  },
  'note gone': ({ editor, section }) => {
    editor.unset(section, 'note')
    editor.save()
  },
  skip: ({ editor, section, completion, claim }) => {
    editor.set(section, 'skip', 'true')
    editor.save()
    if (completion?.raw !== undefined) claim('skip', completion.completion)
  },
  'skip gone': ({ machine, editor, section, question, completion }) => {
    editor.unset(section, 'skip')
    editor.save()
    // Of several with one raw text a claim does not say which it is about.
    machine.claims.list = machine.claims.list.filter(
      ({ kind, id, raw }) => kind !== 'skip' || id !== question.id || raw !== completion?.raw,
    )
  },
  deleted: ({ machine, editor, section, completion, question, claim }) => {
    editor.put(section.start, section.end, '')
    editor.save()
    const left = question.completions.filter(({ raw }) => raw === completion?.raw).length - 1
    if (completion?.raw === undefined) return
    machine.claims.deleted.add(completion.raw)
    if (left === 0) claim('deleted')
  },
  'own one': ({ editor, section, claim, type }, b, c) => {
    const text = type(c)
    const at = b % 2 === 0 ? section.start : section.end
    editor.put(at, at, `\n[[questions.completions]]\ncompletion = ${spelt(text, b)}\n\n`)
    editor.save()
    claim('text', text, '')
  },
  copied: ({ editor, section, claim, type }, b, c) => {
    const text = type(c)
    const copy = editor.text.slice(section.start, section.end)
    editor.set(section, 'completion', spelt(text, b))
    editor.put(section.start, section.start, `${copy}\n`)
    editor.save()
    claim('text', text)
  },
  moved: ({ editor, section, siblings }, _, c) => {
    const to = at(siblings, c)
    if (to === undefined || to.start === section.start) return
    editor.move(section, to.start < section.start ? to.start : to.end)
    editor.save()
  },
  restyled: ({ editor, section, completion }, _, c) => {
    editor.set(section, 'completion', spelt(completion?.completion ?? '', c))
    editor.save()
  },
  indented: ({ editor, section }) => {
    const starts = [section.body, ...[...section.values.values()].map(([start]) => start)]
    for (const start of starts.slice(1).sort((a, b) => b - a)) {
      const line = editor.text.lastIndexOf('\n', start) + 1
      editor.put(line, line, '\t ')
    }
    editor.save()
  },
  comment: ({ machine, editor, section, claim }, _, c) => {
    const comment = `# remark «${++machine.typed}»`
    const behind = section.values.get('sample')?.[1]
    if (c % 2 === 0 || behind === undefined) editor.put(section.start, section.start, `${comment}\n`)
    else editor.put(behind, behind, ` ${comment}`)
    editor.save()
    claim('comment', comment)
  },
}

const question: { readonly [name: string]: Edit } = {
  prompt: ({ editor, section, claim, type }, b, c) => {
    const text = type(c)
    editor.set(section, 'prompt', spelt(text, b))
    editor.save()
    claim('prompt', text, '')
  },
  'of their own': ({ machine, editor, section, type }, b, c) => {
    const text = type(c)
    const id = `own ${machine.typed}`
    const own = `[[questions]]\nid = '${id}'\nprompt = ''\n[[questions.completions]]\ncompletion = ${spelt(text, b)}\n\n`
    editor.put(section.start, section.start, own)
    editor.save()
    machine.claims.add({ kind: 'text', value: text, id, prompt: '', raw: undefined, file: '' })
  },
  gone: ({ machine, editor, section, question, file }) => {
    const { start, end } = editor.wholeQuestion(section.question)
    editor.put(start, end, '')
    if (editor.text.trim() === '' || editor.sections().length === 0) return
    editor.save()
    const { claims } = machine
    claims.list = claims.list.filter(
      ({ kind, id }) => id !== question.id || (kind !== 'deleted' && kind !== 'testcases'),
    )
    void file
  },
  moved: ({ editor, section }, _, c) => {
    const to = editor.sections('questions')[c % (section.question + 1)]
    if (to === undefined || to.question >= section.question) return
    editor.move(editor.wholeQuestion(section.question), to.start)
    editor.save()
  },
  'comment at the top': ({ machine, editor, claim, file }) => {
    const comment = `# remark «${++machine.typed}»`
    editor.put(0, 0, `${comment}\n\n`)
    editor.save()
    void claim
    machine.claims.add({ kind: 'comment', value: comment, id: '', prompt: '', raw: undefined, file })
  },
  'line endings': ({ editor }, b, c) => editor.save({ crlf: b % 2 === 0, mark: c % 2 === 0 }),
}

const testcase: { readonly [name: string]: Edit } = {
  changed: ({ editor, section, claim, type }, b, c) => {
    const text = type(c)
    editor.set(section, b % 2 === 0 ? 'expect' : 'code', spelt(text, b))
    editor.save()
    claim('testcase', text, '')
  },
  added: ({ editor, section, claim, type }, b, c) => {
    const text = type(c)
    editor.put(section.end, section.end, `\n[[questions.testcases]]\nexpect = ${spelt(text, b)}\n`)
    editor.save()
    claim('testcase', text, '')
  },
  deleted: ({ editor, section, siblings, claim, question }) => {
    editor.put(section.start, section.end, '')
    editor.save()
    const index = siblings.findIndex(({ start }) => start === section.start)
    claim('testcases', JSON.stringify(question.testcases.toSpliced(index, 1)), '')
  },
}

function named(what: string, kind: string, edits: { readonly [name: string]: Edit }): [string, Act][] {
  return Object.entries(edits).map(([name, edit]) => [`${what}: ${name}`, within(kind, edit)])
}

export const edits: { readonly [name: string]: Act } = Object.fromEntries([
  ...named('completion', 'questions.completions', completion),
  ...named('question', 'questions', question),
  ...named('test case', 'questions.testcases', testcase),
])

/** What a person does with whole files. */
export const fileActs: { readonly [name: string]: Act } = {
  'file: touched': (machine, a) =>
    machine.act((seen) => {
      const file = fileAt(machine, seen, a)
      const now = new Date()
      if (file !== undefined) utimesSync(join(machine.root, `data/cleaned/${file}.toml`), now, now)
    }),
  'file: an earlier version': (machine, a) => {
    const version = machine.versions[machine.versions.length - 1 - (a % Math.max(1, machine.versions.length))]
    if (version === undefined) return
    machine.act((seen) => {
      if (!seen.texts.has(`${version.file}.toml`)) return
      writeFileSync(join(machine.root, `data/cleaned/${version.file}.toml`), version.text)
    }, version.file)
  },
  'file: set-aside deleted': (machine, a) =>
    machine.act((seen) => {
      const path = at(
        [...seen.texts.keys()].filter((each) => each.startsWith('.')),
        a,
      )
      if (path !== undefined) rmSync(join(machine.root, 'data/cleaned', path))
    }),
}
