import type { QuestionPart } from '../part.ts'

/** A question of a chain, as the page takes it. */
export interface PageRow {
  /** Label of the model or prompt; '' when there is one chain only. */
  readonly chain: string
  /** The results file that it was read from. */
  readonly file: string
  readonly part: QuestionPart
  readonly prompt: string
  /** Made by `blobOf`. */
  readonly blob: string
}
