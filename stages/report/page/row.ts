import type { Digest } from '../../../engine/stage.ts'
import type { Stretch } from '../layout.ts'
import type { QuestionPart } from '../part.ts'

/** A question of a chain, as the page takes it. */
export interface PageRow {
  /** Label of the model or prompt; '' when there is one chain only. */
  readonly chain: string
  /** The results file that it was read from. */
  readonly file: string
  readonly part: QuestionPart
  readonly prompt: Digest
  /** Made by `cellsOf`. */
  readonly cells: Stretch
  /** Made by `searchedOf`; the same one in all rows with that prompt. */
  readonly searched: Stretch
  /** Made by `blobOf`. */
  readonly blob: Stretch
}
