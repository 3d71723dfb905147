/** Real completions get the verdicts that the reference harnesses gave: every set, of the largest a fortieth (`npm run bench` has all). */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../engine/testing/parts.ts'
import { compare, sets } from './parity.ts'

for (const set of sets)
  needing(
    test,
    ['bwrap', 'corpora'],
    `${set.corpus}/${set.file}: the verdicts are the reference's`,
    async () => {
      const { compared, differing } = await compare(
        set,
        (index) => !set.file.startsWith('codegen') || index % 40 === 0,
      )
      assert.ok(compared > 40, `${compared} compared`)
      assert.equal(differing, [])
    },
  )

test.run()
