/**
 * What a person did and may rely on, looked for after every run in what stands in the files.
 *
 * A claim ends only by what a person does: when it can't be seen any more right after an act of theirs. So a run
 * can never make one go unnoticed.
 */
import { digestOf } from '../../../../engine/stage.ts'
import type { Seen, SeenCompletion, SeenQuestion } from './seen.ts'
import type { Raw, Upstream } from './upstream.ts'

export interface Claim {
  readonly kind: 'text' | 'note' | 'skip' | 'deleted' | 'prompt' | 'testcase' | 'testcases' | 'comment'
  /** What was typed; for `testcases` the whole list, for `skip` the text that is skipped. */
  readonly value: string
  /** The question in which it is: as it was last seen. */
  readonly id: string
  readonly prompt: string
  /** Digest of the raw text that the completion was made from; undefined for a person's own. */
  readonly raw: string | undefined
  /** Where the act was: the file's name, and for `testcases` what upstream said when this list was begun. */
  readonly file: string
  readonly upstream?: string
  /** Its question once went on under another id, unrecognised: if it comes back, what was done there since has its place. */
  readonly parted?: boolean | undefined
  /** The person took it back: it has to be somewhere, and not in its place. */
  readonly reset?: boolean
}

export class Claims {
  list: Claim[] = []
  /** Raw texts of which a completion was ever deleted. */
  readonly deleted = new Set<string>()
  /** By question: what was expected upstream when its test cases last stood as they do there. */
  readonly #expects = new Map<string, string>()

  expectsOf(id: string): string | undefined {
    return this.#expects.get(id)
  }

  add(claim: Claim): void {
    this.list = this.list.filter(
      (each) => !(isAbout(each, claim) && each.kind === claim.kind && isState(claim)),
    )
    this.list.push(claim)
  }

  /** After an act of a person; `replaced`: a file of which they put another version in place. */
  release(before: Seen, after: Seen, replaced?: string): void {
    this.list = this.list.filter((claim) => {
      if (claim.kind === 'deleted' || claim.kind === 'testcases') {
        const [was, is] = [before, after].map((seen) => cleanedOf(seen, claim.file, claim.id))
        const asideGone = countAside(before, claim.id) > countAside(after, claim.id)
        if (was === undefined && asideGone) return false
        return replaced !== claim.file && (is !== undefined || was === undefined) && isVisible(claim, after)
      }
      // What was gone before was not their doing: the next check is to find it.
      if (!isVisible(claim, before)) return true
      return (
        [isInPlace, isAside].every((is) => !is(claim, before) || is(claim, after)) && isVisible(claim, after)
      )
    })
  }

  /** After `reset` of a question in its file, or of its completion with that raw text. */
  reset(
    { id, raw, file, raws }: Pick<Claim, 'id' | 'raw' | 'file'> & Pick<Raw, 'raws'>,
    before: Seen,
    after: Seen,
  ): void {
    this.list = this.list.flatMap((claim) => {
      const state = claim.kind === 'deleted' || claim.kind === 'testcases'
      // What was left behind in another file, or is set aside, is not meant.
      const stood = claim.file === file && (state || isInPlace(claim, before))
      const meant = claim.id === id && stood && (raw === undefined || claim.raw === raw)
      // Completions of their own stay; so do comments.
      if (!meant || claim.kind === 'comment' || claim.raw === undefined) return [claim]
      // Of two samples with one raw text, a claim does not say which it is about; the order meant one.
      if (raw !== undefined && raws.filter((text) => digestOf(text) === raw).length > 1)
        return state ? [] : [{ ...claim, reset: true }]
      const isBack = claim.kind !== 'deleted' || !isVisible(claim, after)
      if (!isBack && raws.some((text) => digestOf(text) === claim.raw))
        throw new Error(`not reset: ${shown(claim)}`)
      if (state) return []
      if (isInPlace(claim, after, 'made from raw text')) throw new Error(`not reset: ${shown(claim)}`)
      return [{ ...claim, reset: true }]
    })
  }

  /** Throws for the first claim that a run did not keep. */
  check(before: Seen, after: Seen, upstream: Upstream): void {
    this.list = this.list.flatMap((claim) => {
      if (claim.kind === 'comment') return this.#comment(claim, before, after)
      if (claim.kind !== 'deleted' && claim.kind !== 'testcases' && !isVisible(claim, after))
        throw new Error(`lost: ${shown(claim)}`)
      if (claim.reset) return [claim]
      const home = homeOf(claim, before, upstream)
      const file = home && upstream.fileOf(home)
      if (home === undefined || file === undefined) return [claim]
      const standing = cleanedOf(after, file, home.id)
      if (standing === undefined) throw new Error(`'${home.id}' does not stand in ${file}`)
      const deleted = this.list.some((each) => each.kind === 'deleted' && each.raw === claim.raw)
      const held = deleted && claim.kind !== 'deleted' ? 'open' : holds(claim, standing, home, before)
      const moved = { ...claim, id: home.id, file }
      if (held !== 'yes' && held !== 'over' && !isInPlace(moved, after) && standsBeside(moved, claim, before))
        return [claim]
      if (held === 'no' && isParted(claim, before, home)) return [{ ...claim, parted: true }]
      if (held === 'no') throw new Error(`not in its place in ${file}, '${home.id}': ${shown(claim)}`)
      if (held === 'over') return []
      return [{ ...moved, prompt: standing.prompt, raw: rawNow(claim, standing) }]
    })
  }

  /** Every completion that came in stands there, unless somebody deleted it. */
  checkComplete(after: Seen, upstream: Upstream): void {
    for (const [file, questions] of upstream.files)
      for (const { id, expects, raws } of questions) {
        const standing = cleanedOf(after, file, id)
        if (standing === undefined) throw new Error(`'${id}' does not stand in ${file}`)
        const asUpstream = expects.map((expect, at) => ({ code: `f(${at})`, stdin: '', expect }))
        if (JSON.stringify(standing.testcases) === JSON.stringify(asUpstream))
          this.#expects.set(id, expects.join())
        for (const raw of standing.ours ? raws.map((text) => digestOf(text)) : [])
          if (!this.deleted.has(raw) && !standing.completions.some((each) => each.raw === raw))
            throw new Error(`a completion of '${id}' does not stand in ${file}`)
      }
  }

  /**
   * A comment stays for as long as the completion (or, at the top, the file) that it stands at. Where another completion took
   * that one's place, it stands at that one from then on.
   */
  #comment(claim: Claim, before: Seen, after: Seen): Claim[] {
    const anchored = (seen: Seen) =>
      claim.id === ''
        ? seen.texts.has(`${claim.file}.toml`)
        : cleanedOf(seen, claim.file, claim.id)?.completions.filter(({ raw }) => raw === claim.raw).length ===
          1
    if (isVisible(claim, after)) return anchored(after) ? [claim] : []
    if (anchored(before) && anchored(after) && before.texts.get(`${claim.file}.toml`)?.includes(claim.value))
      throw new Error(`lost: ${shown(claim)}`)
    return []
  }
}

function countAside({ questions }: Seen, asked: string): number {
  return questions.filter(({ aside, id }) => aside && id === asked).length
}

/** Claims of which the newest counts. */
function isState({ kind }: Claim): boolean {
  return kind === 'skip' || kind === 'deleted' || kind === 'testcases'
}

function isAbout(one: Claim, other: Claim): boolean {
  return one.id === other.id && one.raw === other.raw
}

function isVisible(claim: Claim, seen: Seen): boolean {
  const { kind, value, id, raw, file } = claim
  if (kind === 'comment') return [...seen.texts.values()].some((text) => text.includes(value))
  if (kind === 'skip')
    return seen.questions.some(({ completions }) =>
      completions.some((each) => each.skip && (each.raw === raw || each.completion === value)),
    )
  if (kind === 'deleted')
    return cleanedOf(seen, file, id)?.completions.every((each) => each.raw !== raw) !== false
  if (kind === 'testcases') {
    const standing = cleanedOf(seen, file, id)
    return standing === undefined || JSON.stringify(standing.testcases) === value
  }
  return seen.strings.has(value)
}

/**
 * Where another version of the question stood (one that was left behind when it moved before), which of the two its
 * next home takes up is open; the other stays where it is or is set aside.
 */
function standsBeside({ id, file, prompt }: Claim, { file: left }: Claim, { questions }: Seen): boolean {
  return (
    file !== left &&
    questions.some((each) => !each.aside && each.file !== left && (each.id === id || each.prompt === prompt))
  )
}

/** A copy may be left in a file that its question has left. */
function isInPlace(
  { kind, value, id, file, raw }: Claim,
  seen: Seen,
  which: 'any' | 'made from raw text' = 'any',
): boolean {
  if (kind === 'deleted') return false
  const question = cleanedOf(seen, file, id)
  const completions = question?.completions.filter((each) => which === 'any' || each.raw !== undefined)
  const standing = question && { ...question, completions }
  if (kind === 'skip') return completions?.some((each) => each.skip === true && each.raw === raw) === true
  return JSON.stringify(standing ?? '').includes(JSON.stringify(value))
}

/** Whether another id's question, unrecognised, stands where this one stood. */
function isParted({ id, parted }: Claim, { questions }: Seen, { base }: Raw): boolean {
  const standing = questions.filter((each) => !each.aside && each.id.startsWith(base))
  return parted === true || (standing.length > 0 && standing.every((each) => each.id !== id))
}

function isAside({ kind, value, id, raw }: Claim, { questions }: Seen): boolean {
  return questions.some(
    (each) =>
      each.aside &&
      (kind === 'skip'
        ? each.id === id && each.completions.some((one) => one.skip === true && one.raw === raw)
        : JSON.stringify(each).includes(JSON.stringify(value))),
  )
}

/** The question upstream in which it has to stand: by its id, else, in the same file, by its prompt. */
function homeOf({ id, file }: Claim, before: Seen, upstream: Upstream): Raw | undefined {
  const all = upstream.all()
  const named = all.find((each) => each.id === id)
  if (named !== undefined) return named
  const was = before.questions.filter((each) => each.id === id)
  const asked = upstream.files
    .get(file)
    ?.find((each) => was.length > 0 && was.every(({ prompt }) => prompt === each.prompt))
  const taken = before.questions.some((each) => each.id === asked?.id)
  return taken ? undefined : asked
}

/** `over`: other things happened to the same, and what is to become of it can't be foretold. */
function holds(
  claim: Claim,
  standing: SeenQuestion,
  home: Raw,
  before: Seen,
): 'yes' | 'no' | 'over' | 'open' {
  const { kind, value, raw, upstream } = claim
  const yes = (is: boolean) => (is ? 'yes' : 'no')
  if (kind === 'prompt') return yes(standing.prompt === value)
  if (kind === 'testcase')
    return yes(standing.testcases.some(({ code, expect }) => code === value || expect === value))
  if (kind === 'testcases')
    return upstream === home.expects.join() ? yes(JSON.stringify(standing.testcases) === value) : 'over'
  const has = (each: SeenCompletion) =>
    kind === 'skip'
      ? each.skip === true && (each.raw === raw || each.completion === value)
      : (kind === 'note' ? each.note : each.completion) === value
  if (raw === undefined) return yes(standing.completions.some(has))
  const raws = home.raws.filter((text) => digestOf(text) === raw).length
  const same = standing.completions.filter((each) => each.raw === raw)
  if (kind === 'deleted' && raws > 1) return 'over'
  if (kind === 'deleted') return same.length > 0 ? 'no' : raws === 1 ? 'yes' : 'open'
  // The second copy of a completion becomes a person's own.
  if (same.length > 0 && standing.completions.some((each) => each.raw === undefined && has(each)))
    return 'yes'
  if (raws !== 1 || rivals(claim, before) > 1) return 'open'
  return yes(same.some(has))
}

/** Completions with the same raw text in the same question, here and set aside. */
function rivals({ id, prompt, raw }: Claim, { questions }: Seen): number {
  return questions
    .filter((question) => question.id === id || question.prompt === prompt)
    .flatMap(({ completions }) => completions)
    .filter((each) => each.raw === raw && each.set_aside !== 'reset by a person').length
}

function rawNow({ kind, value, raw }: Claim, { completions }: SeenQuestion): string | undefined {
  const own = (each: SeenCompletion) => (kind === 'note' ? each.note : each.completion) === value
  const mine = kind === 'text' || kind === 'note' ? completions.filter(own) : []
  return mine.length > 0 && mine.every((each) => each.raw === undefined) ? undefined : raw
}

function cleanedOf({ questions }: Seen, file: string, id: string): SeenQuestion | undefined {
  return questions.find((question) => !question.aside && question.file === file && question.id === id)
}

function shown({ kind, value, id, raw }: Claim): string {
  return `${kind} ${JSON.stringify(value)} of '${id}', made from ${raw}`
}
