/** Half a character (a lone surrogate) can't be in a file: it is refused wherever it stands, and never replaced. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../engine/stage.ts'
import type { Question, QuestionFile } from './model.ts'
import { rewriteQuestions } from './patch.ts'
import { readQuestions } from './read.ts'
import { writeQuestions } from './write.ts'

const halves = ['\ud83d', 'a\n\ud83d\nb', '\ude00', '\ude00\ud83d', '😀\ud83d😀']

const places: { readonly [place: string]: (text: string) => Partial<Question> } = {
  'an id': (text) => ({ id: text }),
  'a prompt': (text) => ({ prompt: text }),
  'a test case': (text) => ({ testcases: [{ code: '', stdin: '', expect: text }] }),
  'a completion': (text) => ({ completions: [{ completion: text }] }),
  'a note': (text) => ({ completions: [{ completion: '', note: text }] }),
  'a support file': (text) => ({ support_files: [{ name: 'a', text }] }),
  'a key that is not ours': (text) => ({ unknown: { [text]: '' } }),
  'the value of such a key': (text) => ({ unknown: { mine: [[text]] } }),
}

function fileWith(more: Partial<Question>): QuestionFile {
  const question = (id: string, own: Partial<Question> = {}): Question => ({
    id,
    prompt: '',
    testcases: [],
    completions: [],
    support_files: [],
    ...own,
  })
  return { questions: [question('q1'), question('q2', more), question('q3')] }
}

async function refuses(pattern: RegExp, doing: () => unknown): Promise<void> {
  try {
    await doing()
  } catch (error) {
    assert.instance(error, Failure)
    return assert.match(String(error), pattern)
  }
  assert.unreachable('it was not refused')
}

for (const [place, holding] of Object.entries(places))
  test(`half a character in ${place} is refused with its question by the writer, with its line by the reader`, async () => {
    const sound = writeQuestions(fileWith(holding('MARK')))
    for (const half of halves) {
      const broken = fileWith(holding(half))
      const named = place === 'an id' ? /the id of question 2 holds half/ : /question 'q2' holds half/
      await refuses(named, () => writeQuestions(broken))
      await refuses(named, () => rewriteQuestions(broken, sound))
      await refuses(named, () => rewriteQuestions(broken, `# mine\n${sound}`))
    }
    const line = sound.slice(0, sound.lastIndexOf('MARK')).split('\n').length
    const located = new RegExp(`q\\.toml:${line}:\\d+: half a character`)
    await refuses(located, () => readQuestions(sound.replace('MARK', '\ud83d'), 'q.toml'))
    await refuses(located, () => readQuestions(sound.replace(/(['"]?)MARK\1/, '"\\uD83D"'), 'q.toml'))
  })

test('half a character outside of all questions is refused with its key', async () => {
  const file = { ...fileWith({}), unknown: { mine: '\ud83d' } }
  await refuses(/`mine` holds half a character/, () => writeQuestions(file))
  await refuses(/`mine` holds half a character/, () => rewriteQuestions(file, writeQuestions(fileWith({}))))
})

test.run()
