/** A megabyte of what is hard to hold: it comes back, and nothing takes longer than the square of anything. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { QuestionFile } from './model.ts'
import { rewriteQuestions } from './patch.ts'
import { readQuestions } from './read.ts'
import { writeQuestions } from './write.ts'

const megabyte = 2 ** 20
const secondsEach = 20

const pieces: readonly string[] = [
  ...["'", '"', '`', '\\', '\n', '\r', '\r\n', '\0', ' ', '\t', '#', '<', '=', '[', '\ufeff', '\u2028'],
  ...[
    "'''\n",
    '"""\n',
    '""""',
    '<<<<<<< a\n',
    '=======\n',
    '# \n',
    '[[questions]]\n',
    '😀',
    'e\u0301',
    "x = '''\n",
  ],
]

function fileOf(completion: string): QuestionFile {
  const completions = [{ completion, sample: 0 }]
  return { questions: [{ id: 'q', prompt: '', testcases: [], completions, support_files: [] }] }
}

async function assertHolds(text: string, completion: string): Promise<void> {
  const [question] = (await readQuestions(text, 'q.toml')).file.questions
  // Compared first, because uvu would print the megabytes.
  assert.ok(question?.completions[0]?.completion === completion)
}

for (const piece of pieces)
  test(`a megabyte of ${JSON.stringify(piece)} comes back from a file written, and from one with comments`, async () => {
    const started = Date.now()
    const completion = `${piece.repeat(megabyte / piece.length)}x'"`
    await assertHolds(writeQuestions(fileOf(completion)), completion)
    const commented = writeQuestions(fileOf('x')).replace('sample = 0', 'sample = 0 # mine')
    const patched = await rewriteQuestions(fileOf(completion), commented)
    await assertHolds(patched, completion)
    assert.match(patched.slice(0, 200), '# mine')
    await assertHolds(await rewriteQuestions(fileOf(completion), patched), completion)
    const shorter = await rewriteQuestions(fileOf('x'), patched)
    assert.is(shorter.slice(0, 300), commented)
    const seconds = (Date.now() - started) / 1000
    if (process.env['LARGE_TIMES']) console.error(JSON.stringify(piece), seconds)
    assert.ok(seconds < secondsEach, `${seconds} s`)
  })

test.run()
