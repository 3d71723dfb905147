/** What has to change in a text so that it says another table: see patch.ts for the rules. */
import { type Edit, edited } from './edits.ts'
import { matched, staying } from './match.ts'
import type { TomlTable, TomlValue } from './model.ts'
import type { Outline, Pair, Spot } from './outline.ts'
import { blankAfter, blankBefore, blocksOf, extentOf, lineEnd, lineStart } from './outline.ts'
import { isTable, own, same } from './toml.ts'
import { isBelow, isTables, sections, tomlPair, tomlValue } from './write.ts'

/** The seed tool's names of a completion's keys, by ours. */
const seedNames: ReadonlyMap<string, string> = new Map([
  ['completion', 'code'],
  ['results', 'test_results'],
])

/** A table in the text. */
interface Place {
  /** The keys of its header: without positions in lists. */
  readonly path: readonly string[]
  readonly spot: Spot
}

/** `before` is what the outline's text says, `after` what it is to say; both as `fileTable` gives them. */
export function changes(outline: Outline, before: TomlTable, after: TomlTable): Edit[] {
  return new Changes(outline).of({ path: [], spot: outline.root }, before, after)
}

class Changes {
  readonly #outline: Outline
  readonly #text: string
  readonly #pairs: Edit[] = []
  readonly #sections: Edit[] = []

  constructor(outline: Outline) {
    this.#outline = outline
    this.#text = outline.text
  }

  /** Pairs come first: where a pair and a section are put in at one place, the pair belongs to what is above. */
  of(place: Place, before: TomlTable, after: TomlTable): Edit[] {
    this.#table(place, before, after)
    return [...this.#pairs, ...this.#sections]
  }

  #table(place: Place, before: TomlTable, after: TomlTable): void {
    for (const key of new Set([...Object.keys(after), ...Object.keys(before)])) {
      const [was, value] = [own(before, key), own(after, key)]
      if (same(was, value)) continue
      const pair = pairsOf(place, key).find((each) => each.keys.length === 1)
      const spot = place.spot.below.get(key)
      const path = [...place.path, key]
      if (value === undefined) this.#remove(place, key)
      else if (pair !== undefined) this.#replace(pair, value)
      else if (isTable(was) && isTable(value) && spot?.block !== undefined)
        this.#table({ path, spot }, was, value)
      else if (spot !== undefined && isListed(was, spot) && isTables(value))
        this.#list(path, spot, was, value)
      else this.#putAnew(place, key, value, after)
    }
  }

  #list(
    path: readonly string[],
    spot: Spot,
    before: readonly TomlTable[],
    after: readonly TomlTable[],
  ): void {
    const item = (index: number): Spot => spot.below.get(index) ?? { below: new Map() }
    const origins = matched(path.at(-1) ?? '', before, after)
    const still = staying(origins)
    let anchor = blankBefore(this.#text, extentOf(item(0))[0])
    for (const [index, table] of after.entries()) {
      const origin = origins[index]
      if (origin === undefined) {
        this.#putSections(anchor, sections(path, [table]))
        continue
      }
      const place = { path, spot: item(origin) }
      const was = before[origin] ?? {}
      if (still.has(origin)) {
        this.#table(place, was, table)
        anchor = extentOf(place.spot)[1]
      } else {
        const edits = new Changes(this.#outline).of(place, was, table)
        const [start, end] = extentOf(place.spot)
        this.#putSections(anchor, `\n${edited(this.#text, edits, start, end)}`)
        this.#sections.push({ start: blankBefore(this.#text, start), end, text: '' })
      }
    }
    const kept = new Set(origins)
    for (const index of before.keys()) if (!kept.has(index)) this.#removeBlocks(item(index))
  }

  /** A value that the text does not have, or has in another form. */
  #putAnew(place: Place, key: string, value: TomlValue, after: TomlTable): void {
    this.#remove(place, key)
    if (!isBelow(key, value)) {
      this.#putPair(place, tomlPair(key, value))
      return
    }
    const earlier = Object.keys(after)
      .slice(0, Object.keys(after).indexOf(key))
      .flatMap((name) => place.spot.below.get(name) ?? [])
    const ends = [place.spot.block?.range[1] ?? 0, ...earlier.map((spot) => extentOf(spot)[1])]
    this.#putSections(Math.max(...ends), sections([...place.path, key], value))
  }

  #putPair({ spot }: Place, line: string): void {
    const [start, end] = spot.block?.range ?? [0, 0]
    const model = spot.block?.pairs.at(-1)?.range[0] ?? end
    const indent = /^[ \t]*/.exec(this.#text.slice(lineStart(this.#text, model)))?.[0] ?? ''
    const first = start === end && end < this.#text.length
    this.#pairs.push({ start: end, end, text: first ? `${line}\n` : `${indent}${line}` })
  }

  /** `text` begins with a blank line, which at the beginning of a file comes last instead. */
  #putSections(at: number, text: string): void {
    this.#sections.push({ start: at, end: at, text: at === 0 ? `${text.slice(1)}\n` : text })
  }

  #replace(pair: Pair, value: TomlValue): void {
    this.#keepComments(pair)
    this.#pairs.push({ start: pair.value[0], end: pair.value[1], text: tomlValue(value) })
  }

  #remove(place: Place, key: string): void {
    for (const pair of pairsOf(place, key)) this.#removePair(pair)
    for (const name of namesOf(place, key)) this.#removeBlocks(place.spot.below.get(name))
  }

  #removePair(pair: Pair): void {
    this.#keepComments(pair)
    const end = lineEnd(this.#text, pair.range[1])
    const behind = this.#outline.comments.find(([start]) => start >= pair.range[1] && start < end)
    if (behind !== undefined) this.#pairs.push({ start: pair.range[0], end: behind[0], text: '' })
    else this.#pairs.push({ start: lineStart(this.#text, pair.range[0]), end, text: '' })
  }

  #removeBlocks(spot: Spot | undefined): void {
    for (const { range } of spot === undefined ? [] : blocksOf(spot)) {
      const start = blankBefore(this.#text, range[0])
      const end = start === 0 ? blankAfter(this.#text, range[1]) : range[1]
      this.#sections.push({ start, end, text: '' })
    }
  }

  /** Comments inside a value that goes are given lines of their own above it. */
  #keepComments({ range, value }: Pair): void {
    const inside = this.#outline.comments.filter(([start]) => start >= value[0] && start < value[1])
    if (inside.length === 0) return
    const start = lineStart(this.#text, range[0])
    const indent = this.#text.slice(start, range[0])
    const text = inside.map(([from, to]) => `${indent}${this.#text.slice(from, to)}\n`).join('')
    this.#pairs.push({ start, end: start, text })
  }
}

function namesOf(place: Place, key: string): string[] {
  const seed = place.path.join('.') === 'questions.completions' ? seedNames.get(key) : undefined
  return seed === undefined ? [key] : [key, seed]
}

/** The pairs that make up a key's value: one, or several whose keys are dotted. */
function pairsOf(place: Place, key: string): Pair[] {
  const names = namesOf(place, key)
  return place.spot.block?.pairs.filter((pair) => names.includes(pair.keys[0] ?? '')) ?? []
}

/** Whether a list of tables stands in the text with a header for each. */
function isListed(was: TomlValue | undefined, spot: Spot): was is readonly TomlTable[] {
  if (was === undefined || !isTables(was)) return false
  return was.every((_, index) => spot.below.get(index)?.block !== undefined)
}
