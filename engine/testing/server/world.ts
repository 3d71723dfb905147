/** All that the server knows. A reset puts a new one in its place; what is under way goes on in the old one. */
import { Batches, type BatchScript } from './batches.ts'
import { Files } from './files.ts'
import { Ledger } from './ledger.ts'
import type { Limiter } from './limits.ts'
import { answerLine } from './requests.ts'
import { Script, type Step } from './script.ts'

export class World {
  readonly ledger: Ledger
  readonly script = new Script<Step>()
  readonly batchScript = new Script<BatchScript>()
  readonly files = new Files()
  readonly batches = new Batches(this.files, this.batchScript, (line) => answerLine(this, line))
  limiter: Limiter | undefined

  constructor(quiet = false) {
    this.ledger = new Ledger(quiet)
  }
}
