/**
 * Real completions get the verdicts that the reference harnesses gave: the small sets whole, half of the others, and
 * a fortieth of the largest (`npm run bench -- parity` has all).
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../engine/testing/parts.ts'
import { compare, sets } from './parity.ts'

const stepOf = ({ corpus, file }: (typeof sets)[number]) =>
  file.startsWith('codegen') ? 40 : corpus === 'apps' ? 1 : 2

for (const set of sets)
  needing(
    test,
    ['bwrap', 'corpora'],
    `${set.corpus}/${set.file}: the verdicts are the reference's`,
    async () => {
      const { compared, differing } = await compare(set, (index) => index % stepOf(set) === 0)
      assert.ok(compared > 40, `${compared} compared`)
      assert.equal(differing, [])
    },
  )

test.run()
