import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Json, keyOf, keysOf } from './digest.ts'

test('keys of values that differ in one property are those of the whole values', () => {
  const rest = fc.dictionary(fc.string({ maxLength: 3 }), fc.option(fc.jsonValue(), { nil: undefined }))
  fc.assert(
    fc.property(rest, fc.string({ maxLength: 3 }), fc.jsonValue(), (others, name, given) => {
      const { [name]: _, ...left } = others as { readonly [key: string]: Json | undefined }
      const value = given as Json
      assert.is(
        keysOf('scheme', name, left)(value),
        keyOf('scheme', Object.fromEntries([...Object.entries(left), [name, value]])),
      )
    }),
  )
})

test.run()
