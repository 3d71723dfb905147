/** What changes among the raw completions. Each takes three numbers, which pick what is changed and how. */
import { type Act, at } from './act.ts'
import { fileNames, fresh, type Raw, rawText, type Upstream } from './upstream.ts'

type Change = (question: Raw, upstream: Upstream, b: number, c: number) => void

const changes: { readonly [name: string]: Change } = {
  text: ({ base, raws }, _, b, c) => {
    if (raws.length > 0) raws[b % raws.length] = rawText(base, c % 3)
  },
  // Those that are away come first: what becomes of an edit when its raw text returns is to be seen often.
  'more samples': ({ base, raws }, _, b) => {
    const away = [0, 1, 2].map((which) => rawText(base, which)).filter((raw) => !raws.includes(raw))
    if (raws.length < 4) raws.push(at(away, b) ?? rawText(base, b % 3))
  },
  'fewer samples': ({ raws }) => void raws.pop(),
  'first sample gone': ({ raws }) => void raws.shift(),
  'samples turned': ({ raws }) => void raws.reverse(),
  id: (question, upstream, b) => {
    const id = question.base + (at(['', 'x', 'y'], b) ?? '')
    if (upstream.all().every((each) => each.id !== id)) question.id = id
  },
  prompt: (question, _, b) => {
    question.prompt = `Do ${question.base}.${at(['', ' Now.', ' Well.'], b) ?? ''}`
  },
  'test case': ({ expects }, _, b, c) => {
    if (expects.length > 0) expects[b % expects.length] = `${c % 4}`
  },
  'more test cases': ({ expects }, _, b) => void (expects.length < 4 && expects.push(`${b % 4}`)),
  'fewer test cases': ({ expects }) => void expects.pop(),
  'question gone': (question, upstream) => {
    upstream.take(question)
    upstream.gone.push(question)
  },
  'question moved': (question, upstream, b, c) => {
    const name = at(fileNames, b) ?? 'a'
    upstream.take(question)
    upstream.add(name, question, c % 3)
  },
  'file renamed': (question, upstream, b) => {
    const from = upstream.fileOf(question) ?? 'a'
    const to = at(fileNames, b) ?? 'a'
    if (upstream.files.get(to)?.length) return
    upstream.files.set(to, upstream.files.get(from) ?? [])
    upstream.files.delete(from)
  },
}

const otherwise: { readonly [name: string]: (upstream: Upstream, b: number, c: number) => void } = {
  'question back': (upstream, b, c) => {
    const question = at(upstream.gone, b)
    if (question === undefined) return
    upstream.gone.splice(upstream.gone.indexOf(question), 1)
    upstream.add(at(fileNames, c) ?? 'a', question)
  },
  'new question': (upstream, b, c) => upstream.add(at(fileNames, b) ?? 'a', fresh(`q${c % 6}`)),
}

export const upstreamActs: { readonly [name: string]: Act } = Object.fromEntries([
  ...Object.entries(changes).map(([name, change]): [string, Act] => [
    `upstream: ${name}`,
    ({ upstream }, a, b, c) => {
      const question = at(upstream.all(), a)
      if (question !== undefined) change(question, upstream, b, c)
      upstream.write()
    },
  ]),
  ...Object.entries(otherwise).map(([name, change]): [string, Act] => [
    `upstream: ${name}`,
    ({ upstream }, _, b, c) => {
      change(upstream, b, c)
      upstream.write()
    },
  ]),
])
