/**
 * What is known of the former report: which questions' pieces stand where in its files. It is remembered under the digests
 * of what stands in them, so it can't be wrong, and is lost only with the files: when one of them was changed by hand or
 * is gone, all of the report is made anew, from the results.
 */
import { type Job, type Json, keyOf } from '../../engine/stage.ts'
import type { ReportFile } from './files.ts'
import { FormerFile } from './former.ts'
import { type Layout, type Place, Stretch } from './layout.ts'
import type { QuestionPart } from './part.ts'
import { homes, type PieceName, pieceNames, piecesVersion, type QuestionPieces } from './pieces.ts'

/** Pieces of a results file's questions by that file's name for them; see `build.ts`. */
export type Known = ReadonlyMap<string, readonly QuestionPieces[]>

type Files<T> = ReadonlyMap<ReportFile, T>

type Remembered = { readonly [source: string]: readonly RememberedQuestion[] }
type RememberedQuestion = {
  readonly part: QuestionPart
  readonly prompt: QuestionPieces['prompt']
  readonly places: { readonly [name in PieceName]?: Place }
}

class Unknown extends Error {}

/** Nothing, when the former report is not as it was written. */
export async function knownFrom(job: Job, files: readonly ReportFile[]): Promise<Known> {
  const former = new Map<ReportFile, FormerFile>()
  for (const file of files) {
    const path = `${job.output}/${file}`
    const found = FormerFile.at(job.resolve(path), path)
    if (found === undefined) return new Map()
    former.set(file, found)
  }
  try {
    // What fails is not remembered: it is to be known once such a report was written.
    const make = () => Promise.reject(new Unknown())
    const remembered = await job.unit<Remembered>({ kind: 'derived', key: keyFor(former), make })
    return new Map(
      Object.entries(remembered ?? {}).map(([source, questions]) => [
        source,
        questions.map((question) => recalled(question, former)),
      ]),
    )
  } catch (error) {
    if (error instanceof Unknown) return new Map()
    throw error
  }
}

/** To be called with the files as they are about to be written. */
export async function remember(job: Job, known: Known, files: Files<Layout>): Promise<void> {
  const make = (): Remembered =>
    Object.fromEntries(
      [...known].map(([source, questions]) => [
        source,
        questions.map((question) => rememberedOf(question, files)),
      ]),
    )
  await job.unit<Remembered>({ kind: 'derived', key: keyFor(files), make })
}

function keyFor(files: Files<{ readonly digest: string }>) {
  const digests: Json = Object.fromEntries([...files].map(([file, { digest }]) => [file, digest]))
  return keyOf('report-places', { version: piecesVersion, files: digests })
}

function recalled({ part, prompt, places }: RememberedQuestion, former: Files<FormerFile>): QuestionPieces {
  const stretches: { [name in PieceName]?: Stretch } = {}
  for (const name of pieceNames) {
    const [place, file] = [places[name], former.get(homes[name])]
    if (place !== undefined && file !== undefined) stretches[name] = new Stretch(file, ...place)
  }
  return { part, prompt, stretches }
}

function rememberedOf({ part, prompt, stretches }: QuestionPieces, files: Files<Layout>): RememberedQuestion {
  const places: { [name in PieceName]?: Place } = {}
  for (const name of pieceNames) {
    const stretch = stretches[name]
    const place = stretch && files.get(homes[name])?.placeOf(stretch)
    if (place !== undefined) places[name] = place
  }
  return { part, prompt, places }
}
