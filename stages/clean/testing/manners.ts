/** The manners in which models hand over a program, to be worn in any combination: from the inside to the outside. */
import type { Question } from '../../questions/model.ts'

export interface Manner {
  readonly name: string
  /** The text in this manner; undefined where it can't be worn by such a program. */
  readonly wear: (code: string, question: Question, worn: readonly string[]) => string | undefined
}

const isCalled = ({ testcases }: Question) => testcases.every(({ code }) => code.trim() !== '')
const preloadOf = ({ answer_preload = '' }: Question) => answer_preload.replace(/\r\n?/g, '\n')

function bodyOf(code: string, question: Question): string | undefined {
  const preload = preloadOf(question)
  return preload !== '' && code.startsWith(preload) ? code.slice(preload.length) : undefined
}

function nameIn(code: string, question: Question): string | undefined {
  const names = [...code.matchAll(/^def (\w+)/gm)].map((match) => match[1] ?? '')
  return names.findLast((name) => question.testcases.some((testcase) => testcase.code.includes(name)))
}

/** Of such a text the first line must not be moved alone. */
const hasLongString = (code: string) => /"""|'''/.test(code)

const respaced = 'preload spaced otherwise'

/** Only what goes on where the preload stops. */
const parts: readonly Manner[] = [
  { name: 'goes on', wear: bodyOf },
  { name: 'trimmed', wear: (code, question) => bodyOf(code, question)?.trim() },
  {
    name: 'unindented',
    wear(code, question) {
      const body = bodyOf(code, question)
      return body === undefined || hasLongString(body) ? undefined : body.replace(/^ {4}/gm, '')
    },
  },
  {
    name: 'over-indented',
    wear(code, question) {
      const body = bodyOf(code, question)
      return body === undefined || hasLongString(body) ? undefined : body.replace(/^(?=.)/gm, '    ')
    },
  },
]

/** What of the program the answer states. */
const statements: readonly Manner[] = [
  ...parts,
  {
    name: respaced,
    wear(code, question) {
      const body = bodyOf(code, question)
      if (body === undefined) return undefined
      return (
        preloadOf(question)
          .replace(/\n{2,}(?=def|class)/g, '\n')
          .replace(/[ \t]+$/gm, '')
          .replace(/ -> /g, '->') + body
      )
    },
  },
]

/** What follows in the same breath; only where test cases call the answer. */
const trails: readonly Manner[] = [
  {
    name: 'an example',
    wear: (code, question) =>
      after(code, question, (name) => `\nprint(${name})\nfor x in []:\n    print(${name}(x))\n`),
  },
  {
    name: 'a test',
    wear: (code, question) =>
      after(code, question, (name) => `\n\ndef test_it():\n    assert ${name} is not None\n\ntest_it()\n`),
  },
  {
    name: 'a main guard',
    wear: (code, question) =>
      after(code, question, (name) => `\nif __name__ == '__main__':\n    print(${name}, input())\n`),
  },
  {
    name: 'the same again',
    wear: (code, question, worn) =>
      goingOn(worn, () => after(code, question, (name) => `\n\ndef ${name}(*args):\n    return 0\n`)),
  },
  {
    name: 'another question',
    wear: (code, question, worn) =>
      goingOn(worn, () =>
        after(
          code,
          question,
          () =>
            '\n\nimport notthere\nfrom nowhere import *\n\ndef unheard_of(x: Unknown):\n    """ Say x. """\n    return x\n',
        ),
      ),
  },
  {
    name: 'a line cut off',
    wear: (code, question, worn) =>
      goingOn(worn, () => after(code, question, () => '\n\ndef unheard_of(x):\n    return (x + ')),
  },
]

function after(code: string, question: Question, trail: (name: string) => string): string | undefined {
  const name = nameIn(`${preloadOf(question)}\n${code}`, question)
  // Moved as a whole it can't be; and of a program that evaluates text nobody can say what it needs.
  const isOut = /^ {8}|\b(?:eval|exec)\(/.test(code)
  return name === undefined || isOut || !isCalled(question) ? undefined : `${code.trimEnd()}\n${trail(name)}`
}

/** Only what went on where the preload stopped is over with the next definition. */
function goingOn(worn: readonly string[], trail: () => string | undefined): string | undefined {
  return worn.includes('goes on') ? trail() : undefined
}

const isWhole = (worn: readonly string[]) => !parts.some(({ name }) => worn.includes(name))
const isMarked = (worn: readonly string[]) => wraps.some(({ name }) => worn.includes(name))

/** What is done to every line. */
const dresses: readonly Manner[] = [
  {
    name: 'a session',
    wear: (code, _, worn) =>
      !isWhole(worn)
        ? undefined
        : code
            .trim()
            .replace(/^.*$/gm, (line) =>
              line === '' ? '...' : `${/^\s/.test(line) ? '...' : '>>>'} ${line}`,
            ),
  },
  {
    name: 'numbered',
    wear: (code, _, worn) =>
      !isWhole(worn)
        ? undefined
        : code
            .trimEnd()
            .split('\n')
            .map((line, index) => `${index + 1}: ${line}`)
            .join('\n'),
  },
  { name: 'CRLF', wear: (code) => code.replaceAll('\n', '\r\n') },
]

/** What the code stands in. */
const wraps: readonly Manner[] = [
  ...['```python\n', '```\n', '```Py title="a.py"\n', '````python3\n', '~~~python\n', '~~~~~\n'].map(
    (open): Manner => {
      const close = /^[`~]+/.exec(open)?.[0] ?? ''
      return {
        name: `fence ${open.trim()}`,
        wear: (code) => `${open}${code.replace(/\n?$/, '\n')}${close}\n`,
      }
    },
  ),
  { name: 'a fence closed on the last line', wear: (code) => `\`\`\`python\n${code.trimEnd()}\`\`\`\n` },
  { name: 'an open fence', wear: (code) => `\`\`\`python\n${code}` },
  {
    name: 'in a list',
    wear: (code) => `1. Like this:\n\n   \`\`\`python\n${code.replace(/^(?=.)/gm, '   ')}\n   \`\`\`\n`,
  },
  {
    name: 'quoted',
    wear: (code) => `> Like this:\n>\n> \`\`\`python\n${code.trimEnd().replace(/^/gm, '> ')}\n> \`\`\`\n`,
  },
  { name: '[PYTHON]', wear: (code) => `[PYTHON]\n${code.trimEnd()}\n[/PYTHON]\n` },
  { name: '<answer>', wear: (code) => `<answer>\n${code.trimEnd()}\n</answer>\n` },
  {
    name: '<pre><code>',
    wear: (code) =>
      `<pre><code>${code.trimEnd().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</code></pre>\n`,
  },
  { name: 'JSON', wear: (code) => JSON.stringify({ language: 'python', code }) },
  {
    name: 'a fence in JSON',
    wear: (code) => JSON.stringify({ plan: 'Do it.', code: `\`\`\`python\n${code}\n\`\`\`` }, null, 1),
  },
]

/** What stands around it. */
const surroundings: readonly Manner[] = [
  {
    name: 'prose before',
    wear: introduced((code) => `Certainly! Here's the code (it isn't long):\n\n${code}`),
  },
  {
    name: 'prose after',
    wear: closed(
      (code) => `${code.trimEnd()}\n\nThis works because it's right. Let me know if you need more!\n`,
    ),
  },
  {
    name: 'a heading and steps',
    wear: introduced(
      closed(
        (code) =>
          `### Solution\n\n1. **Read** it.\n2. Write it.\n\n${code.trimEnd()}\n\n### Complexity\n\nO(n), I'd say.\n`,
      ),
    ),
  },
  {
    name: 'output after',
    wear: fencedOnly((code) => `${code.trimEnd()}\n\nOutput:\n\n\`\`\`\n3 is printed\n\`\`\`\n`),
  },
  {
    name: 'a command before',
    wear: fencedOnly((code) => `First:\n\n\`\`\`bash\npip install nothing\n\`\`\`\n\n${code}`),
  },
]

/** A base model's answer goes on from the preload without a word; of a chat's, marks say where it begins. */
function introduced(wear: Manner['wear']): Manner['wear'] {
  return (code, question, worn) => (isWhole(worn) || isMarked(worn) ? wear(code, question, worn) : undefined)
}

function closed(wear: Manner['wear']): Manner['wear'] {
  return (code, question, worn) => (worn.includes('an open fence') ? undefined : wear(code, question, worn))
}

function fencedOnly(wear: (code: string) => string): Manner['wear'] {
  return (code, _, worn) => (worn.some((name) => /^fence/.test(name)) ? wear(code) : undefined)
}

/** What the model's own machinery leaves. */
const leavings: readonly Manner[] = [
  { name: '<think>', wear: (code) => `<think>\nPerhaps def f(x): return 0?\nNo.\n</think>\n\n${code}` },
  { name: 'a thought that began unseen', wear: (code) => `so I write it.\n</think>\n${code}` },
  ...['<|endoftext|>', '</s>', '<|im_end|>', '<|eot_id|>', '<｜end▁of▁sentence｜>'].map(
    (token): Manner => ({ name: token, wear: (code) => `${code}${token}\nHuman: and now?\n` }),
  ),
  { name: '<s>[INST]', wear: (code) => `<s>${code}` },
  { name: '[/INST]', wear: (code) => `[/INST]\n${code}` },
  { name: '<|im_start|>', wear: (code) => `<|im_start|>assistant\n${code}<|im_end|>` },
  { name: 'a byte-order mark', wear: (code) => `\uFEFF${code}` },
]

/** From the inside to the outside; of each layer a text wears one manner or none. */
export const layers: readonly (readonly Manner[])[] = [
  statements,
  trails,
  dresses,
  wraps,
  surroundings,
  leavings,
]

/** The text in the chosen manner of each layer, and the names of those that it could wear. */
export function worn(
  program: string,
  question: Question,
  chosen: readonly (Manner | undefined)[],
): { readonly text: string; readonly names: readonly string[] } {
  const names: string[] = []
  let text = program
  for (const manner of chosen) {
    const next = manner?.wear(text, question, names)
    if (manner === undefined || next === undefined) continue
    names.push(manner.name)
    text = next
  }
  return { text, names }
}
