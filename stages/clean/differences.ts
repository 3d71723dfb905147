/** What cleaning and people made of a completion, line by line, for a terminal: the answer to `diff`. */
import { createTwoFilesPatch } from 'diff'
import type { Completion, Question } from '../questions/model.ts'
import { isOf, isWhole } from './aside.ts'
import { type Base, isAccepted, isEdited, isHuman } from './edits.ts'
import { match, originsOf } from './matching.ts'
import { type Ask, isMeant } from './orders.ts'

/** Lines around a change. */
const context = 3
/** Milliseconds after which two texts count as too different to be compared. */
const patience = 2000

/** Undefined when the ask names a completion that is not there. */
export function differencesOf(
  ask: Ask,
  question: Question,
  incoming: Question | undefined,
  bases: readonly Base[],
  aside: readonly Question[],
): string | undefined {
  const origins = originsOf(incoming?.completions ?? [])
  const found = match(origins, question.completions)
  const parts = question.completions.flatMap((completion, place) => {
    if (!isMeant(ask, completion, place)) return []
    const i = found.indexOf(place)
    const raw = incoming?.completions[i]?.completion
    return [completionText(`${question.id} #${completion.sample ?? place}`, completion, raw, bases[i])]
  })
  const away = aside
    .filter((entry) => isOf(entry, question))
    .flatMap((entry) => entry.completions.map((completion) => ({ entry, completion })))
    .filter(({ completion }) => ask.number === undefined || completion.sample === ask.number)
    .map(({ entry, completion }) => asideText(question, entry, completion))
  return parts.length + away.length === 0 ? undefined : [...parts, ...away].join('\n')
}

function completionText(
  name: string,
  completion: Completion,
  raw: string | undefined,
  base: Base | undefined,
): string {
  const title = `${name}: ${wordsFor(completion, base)}`
  if (raw === undefined || base === undefined) return `${title}\n`
  const patches = [
    patch('raw', raw, 'cleaned', base.text),
    isEdited(completion) || isAccepted(completion)
      ? patch('cleaned', base.text, 'edited', completion.completion)
      : '',
  ]
  return [title, ...patches.filter((each) => each !== ''), ''].join('\n')
}

function wordsFor(completion: Completion, base: Base | undefined): string {
  if (isHuman(completion)) return 'written by a person'
  if (base === undefined) return 'its raw text is not there any more'
  const cleaned = base.noCode
    ? 'no code in it'
    : base.rules.length === 0
      ? 'as the model wrote it'
      : `cleaned by ${base.rules.join(', ')}`
  const candidates = base.candidates
    ? [`${base.candidates} other ${base.candidates === 1 ? 'block' : 'blocks'} not chosen`]
    : []
  const person = isEdited(completion) ? ['edited'] : isAccepted(completion) ? ['edited and accepted'] : []
  const skipped = completion.skip === true ? ['skipped'] : []
  return [cleaned, ...candidates, ...person, ...skipped].join('; ')
}

function asideText(question: Question, entry: Question, completion: Completion): string {
  const why = completion.unknown?.['set_aside'] ?? (isWhole(entry) ? entry.unknown?.['set_aside'] : undefined)
  const standing = question.completions.find(
    ({ sample }) => sample !== undefined && sample === completion.sample,
  )
  const title = `${question.id} #${completion.sample ?? '?'}: set aside (${String(why ?? 'no reason is written there')})`
  return `${title}\n${patch('here now', standing?.completion ?? '', 'set aside', completion.completion)}\n`
}

/** '' where nothing differs. What a terminal would obey is shown and not obeyed: these are texts of models. */
function patch(from: string, before: string, to: string, after: string): string {
  if (before === after) return ''
  const text = createTwoFilesPatch(from, to, before, after, undefined, undefined, {
    context,
    timeout: patience,
  })
  if (text === undefined) return `--- ${from}\n+++ ${to}\n(too different to be shown line by line)`
  return visible(text.replace(/^=+\n/, '').trimEnd())
}

function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) =>
    character === '\r' ? '␍' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
