import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf } from '../../engine/stage.ts'
import { questionDigests } from '../questions/digests.ts'
import type { Completion, Question } from '../questions/model.ts'
import { byReset, withQuestion } from './aside.ts'
import { type Base, isEdited, isHuman, type Merged, mergeQuestion } from './edits.ts'

function question(raws: readonly string[], more: Partial<Question> = {}): Question {
  return {
    id: 'q',
    prompt: 'p',
    testcases: [
      { code: 'f(1)', stdin: '', expect: '1' },
      { code: 'f(2)', stdin: '', expect: '2' },
    ],
    support_files: [],
    completions: raws.map((completion, sample) => ({ completion, sample })),
    ...more,
  }
}

/** A cleaner that anyone can see through. */
function based(incoming: Question): Base[] {
  return incoming.completions.map(({ completion }) => ({
    text: `# clean\n${completion}`,
    rules: ['x'],
    noCode: false,
  }))
}

function merge(incoming: Question, previous?: Question, returning: readonly Completion[] = []): Merged {
  return mergeQuestion(incoming, based(incoming), previous, returning)
}

function texts({ question: { completions } }: Merged): string[] {
  return completions.map(({ completion }) => completion)
}

function edit(of: Question, index: number, change: Partial<Completion>): Question {
  return {
    ...of,
    completions: of.completions.map((each, i) => (i === index ? { ...each, ...change } : each)),
  }
}

const two = question(['a', 'b'])
const clean = merge(two).question

test('the record says what each completion was made from', () => {
  assert.equal(clean.built_from?.completions, [`0:${digestOf('a')}`, `1:${digestOf('b')}`])
  assert.equal(clean.built_from?.testcases, questionDigests(two).testcases)
  const [first] = clean.completions
  assert.is(first?.raw, digestOf('a'))
  assert.is(first?.cleaned, digestOf('# clean\na'))
  assert.equal(first?.cleaned_by, ['x'])
})

test('cleaning again changes nothing', () => {
  assert.equal(merge(two, clean).question, clean)
  assert.equal(merge(two, clean).setAside, [])
})

test('an edited text stays as it is, also when the rules come to clean otherwise', () => {
  const mine = edit(clean, 0, { completion: 'mine' })
  const again = mergeQuestion(
    two,
    [
      { text: 'mine', rules: [], noCode: false },
      { text: 'new', rules: [], noCode: false },
    ],
    mine,
  )
  assert.equal(texts(again), ['mine', 'new'])
  assert.is(again.facts.edited, 1)
  const later = merge(two, again.question)
  assert.equal(texts(later), ['mine', '# clean\nb'])
})

test('a deleted completion stays deleted and is counted', () => {
  const mine = { ...clean, completions: clean.completions.slice(1) }
  const again = merge(two, mine)
  assert.equal(texts(again), ['# clean\nb'])
  assert.is(again.facts.deleted, 1)
  const fewer = merge(question(['b'].slice(1)), again.question)
  assert.equal(texts(merge(two, fewer.question)), ['# clean\nb'], 'also through a smaller and again larger n')
})

test("a person's own completion stays where it is", () => {
  const own: Completion = { completion: 'own' }
  const mine = { ...clean, completions: [clean.completions[0] ?? own, own, clean.completions[1] ?? own] }
  const again = merge(question(['a', 'b', 'c']), mine)
  assert.equal(texts(again), ['# clean\na', 'own', '# clean\nb', '# clean\nc'])
  assert.is(again.facts.added, 1)
})

test("a copy of a completion is a person's own", () => {
  const [first] = clean.completions
  const mine = { ...clean, completions: [...clean.completions, { ...first, completion: 'changed copy' }] }
  const again = merge(two, mine)
  assert.equal(texts(again), ['# clean\na', '# clean\nb', 'changed copy'])
  assert.is(isHuman(again.question.completions[2] ?? { completion: '' }), true)
})

test('skip, note and order stay when the text is cleaned otherwise', () => {
  const marked = edit(edit(clean, 0, { skip: true }), 1, { note: 'odd' })
  const mine = { ...marked, completions: marked.completions.toReversed() }
  const again = mergeQuestion(
    two,
    [
      { text: 'A', rules: [], noCode: false },
      { text: 'B', rules: [], noCode: false },
    ],
    mine,
  )
  assert.equal(texts(again), ['B', 'A'])
  assert.is(again.question.completions[0]?.note, 'odd')
  assert.is(again.question.completions[1]?.skip, true)
})

test('an edit follows its text to another sample', () => {
  const mine = edit(clean, 1, { completion: 'mine' })
  const again = merge(question(['z', 'y', 'b']), mine)
  assert.equal(texts(again).toSorted(), ['# clean\ny', '# clean\nz', 'mine'])
  assert.is(again.question.completions.find(isEdited)?.sample, 2)
})

test('an edit whose raw text changed is set aside, and the new text takes its place', () => {
  const mine = edit(clean, 0, { completion: 'mine', note: 'n' })
  const again = merge(question(['other', 'b']), mine)
  assert.equal(texts(again), ['# clean\nother', '# clean\nb'])
  assert.equal(
    again.setAside.map(({ completion, why }) => [completion.completion, why]),
    [['mine', 'the raw completion changed']],
  )
  const back = merge(
    two,
    again.question,
    again.setAside.map(({ completion }) => completion),
  )
  assert.equal(texts(back), ['mine', '# clean\nb'])
  assert.is(back.question.completions[0]?.note, 'n')
})

test('of two equal raw texts one goes: the edited one stays', () => {
  const equal = merge(question(['a', 'a'])).question
  const again = merge(question(['a']), edit(equal, 1, { completion: 'mine' }))
  assert.equal(texts(again), ['mine'])
  assert.equal(again.setAside, [])
})

test('an edit whose raw text is gone is set aside; untouched ones just go', () => {
  const again = merge(question([]), edit(clean, 1, { completion: 'mine' }))
  assert.equal(again.question.completions, [])
  assert.equal(
    again.setAside.map(({ why }) => why),
    ['the raw completion is gone'],
  )
})

test("a test case or prompt changed here stays, also when the question's changes, and each merge says so", () => {
  const changed = clean.testcases.map((each, i) => (i === 1 ? { ...each, expect: 'mine' } : each))
  const mine: Question = { ...clean, prompt: 'mine', testcases: changed }
  const upstream = question(['a', 'b'], {
    prompt: 'theirs',
    testcases: [
      { code: 'f(1)', stdin: '', expect: 'new' },
      { code: 'f(2)', stdin: '', expect: 'theirs' },
      { code: 'f(3)', stdin: '' },
    ],
  })
  let again = merge(upstream, mine)
  for (let run = 0; run < 2; run++) {
    assert.is(again.question.prompt, 'mine')
    assert.equal(
      again.question.testcases.map(({ expect }) => expect),
      ['new', 'mine', undefined],
    )
    assert.equal(again.changed, ['question', { testcase: 1 }])
    again = merge(upstream, again.question)
  }
})

test('a change here that has arrived in the question is none any more', () => {
  const mine = { ...clean, prompt: 'better' }
  const again = merge({ ...two, prompt: 'better' }, mine)
  assert.equal(again.changed, [])
  assert.is(merge({ ...two, prompt: 'best' }, again.question).question.prompt, 'best')
})

test('a test case added or deleted here keeps the whole list', () => {
  const mine = { ...clean, testcases: clean.testcases.slice(1) }
  const again = merge(two, mine)
  assert.equal(again.question.testcases, mine.testcases)
  assert.equal(again.changed, ['testcases'])
})

test("a person's list stays one when it becomes as long as the question's", () => {
  const more = { code: 'f(3)', stdin: '', expect: '3' }
  const own = { ...clean, testcases: [...two.testcases, { code: 'f(9)', stdin: '', expect: '9' }] }
  const first = merge({ ...two, testcases: [...two.testcases, more] }, own)
  assert.equal(first.changed, ['testcases'])
  assert.equal(merge({ ...two, testcases: [...two.testcases, more] }, first.question), first)
})

test('set aside once more with a note, a deletion or after a reset: nothing of it is taken for what is there', () => {
  const edited = edit(clean, 0, { completion: 'mine' })
  const noted = edit(edited, 0, { note: 'why' })
  const deleted = { ...edited, completions: edited.completions.slice(0, 1) }
  const at = new Date(0)
  const asides = [edited, noted, deleted].reduce<readonly Question[]>(
    (aside, each) => withQuestion(aside, each, at),
    withQuestion([], edited, at, byReset),
  )
  assert.is(asides.length, 4)
  assert.is(
    [edited, noted, deleted].reduce((aside, each) => withQuestion(aside, each, at), asides),
    asides,
  )
})

test('a question that clean never wrote is left as it is', () => {
  const seed = question([], { completions: [{ completion: 'old' }] })
  const again = merge(two, seed)
  assert.equal(again.question, seed)
  assert.is(again.leftOut, 2)
})

test('text without code is marked, until a person writes some', () => {
  const none = mergeQuestion(question(['?']), [{ text: '?', rules: [], noCode: true }], undefined)
  assert.equal(none.question.completions[0]?.cleaned_by, ['no-code'])
  assert.is(none.facts.noCode, 1)
  const mine = edit(none.question, 0, { completion: 'print(1)' })
  assert.is(mergeQuestion(question(['?']), [{ text: '?', rules: [], noCode: true }], mine).facts.noCode, 0)
})

test('whatever a person does and whatever changes: each text that they typed is in the file or set aside', () => {
  const raw = fc.constantFrom('a', 'b', 'c', 'd')
  const act = fc.oneof(
    fc.record({ type: fc.constant('edit' as const), index: fc.nat(5) }),
    fc.record({ type: fc.constant('delete' as const), index: fc.nat(5) }),
    fc.record({ type: fc.constant('add' as const), index: fc.nat(5) }),
    fc.record({ type: fc.constant('reverse' as const) }),
    fc.record({ type: fc.constant('raw' as const), raws: fc.array(raw, { maxLength: 4 }) }),
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      let incoming = question(['a', 'b', 'c'])
      let file = merge(incoming).question
      let aside: Completion[] = []
      const typed = new Set<string>()
      for (const [step, each] of acts.entries()) {
        const text = `typed ${step}`
        const at = 'index' in each ? each.index % Math.max(1, file.completions.length) : 0
        const there = file.completions[at]
        if (each.type === 'edit' && there) {
          typed.delete(there.completion)
          typed.add(text)
          file = edit(file, at, { completion: text })
        } else if (each.type === 'delete' && there) {
          typed.delete(there.completion)
          file = { ...file, completions: file.completions.toSpliced(at, 1) }
        } else if (each.type === 'add') {
          typed.add(text)
          file = { ...file, completions: file.completions.toSpliced(at, 0, { completion: text }) }
        } else if (each.type === 'reverse') file = { ...file, completions: file.completions.toReversed() }
        else if (each.type === 'raw') incoming = question(each.raws)
        // A file without completions of ours and without our record would be a person's own; the record stays.
        const merged = merge(incoming, file, aside)
        file = merged.question
        aside = [...aside, ...merged.setAside.map(({ completion }) => completion)]
        const all = new Set([...file.completions, ...aside].map(({ completion }) => completion))
        for (const own of typed) assert.ok(all.has(own), own)
        assert.equal(merge(incoming, file, aside).question, file)
      }
    }),
    { numRuns: 300 },
  )
})

test.run()
