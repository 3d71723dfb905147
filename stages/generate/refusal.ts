/**
 * What a person is told when an answer is not to be had: which question, what the server said, what to do. And whether
 * it makes sense to ask that server for anything else now.
 *
 * A server's words are repeated but for the key, which some echo in whole or in part.
 */
import { Failure } from '../../engine/stage.ts'
import { isPassing, isQuota, type Trouble } from './retry.ts'

export interface Asked {
  readonly question: string
  readonly tries: number
  readonly baseURL: string
  readonly model: string
  readonly keyVariable: string
  readonly key: string | undefined
}

export interface Refusal {
  readonly failure: Failure
  /** True when every other request would be refused for the same reason. */
  readonly forAll: boolean
}

export function refusalOf(trouble: Trouble, asked: Asked): Refusal {
  const { sentence, remedy, forAll } = judged(trouble, asked)
  const text = `'${asked.question}': ${asked.baseURL} ${sentence}: ${withoutKey(trouble.message, asked.key)}`
  return { failure: new Failure(text, { remedy }), forAll }
}

interface Judged {
  readonly sentence: string
  readonly remedy: string
  readonly forAll: boolean
}

const again = 'What has arrived is kept: run again to go on from there.'

function judged({ fault }: Trouble, { tries, model, keyVariable }: Asked): Judged {
  if (isQuota(fault))
    return {
      sentence: 'says that the quota is used up',
      remedy: `Add credit or raise the limit with the provider. ${again}`,
      forAll: true,
    }
  if (isPassing(fault) || fault.type !== 'status')
    return {
      sentence: `gave no answer in ${tries} ${tries === 1 ? 'try' : 'tries'}`,
      remedy: again,
      forAll: false,
    }
  switch (fault.status) {
    case 401:
      return {
        sentence: 'refuses the key',
        remedy: `Check ${keyVariable}, in the environment (which wins) or in .env.`,
        forAll: true,
      }
    case 403:
      return {
        sentence: 'forbids it',
        remedy: `The key in ${keyVariable} may not use the model '${model}', or not from here.`,
        forAll: true,
      }
    case 404:
      return {
        sentence: 'does not know it',
        remedy: `Check the model's name ('${model}'), the base URL, and whether the server has this endpoint.`,
        forAll: true,
      }
    default:
      return {
        sentence: 'does not accept the request',
        remedy: `Check the parameters: not every model takes all of them, and the prompt may be too long for '${model}'.`,
        forAll: false,
      }
  }
}

function withoutKey(text: string, key: string | undefined): string {
  return (key === undefined ? text : text.replaceAll(key, '[key]')).replace(/\bsk-[\w*.-]+/g, '[key]')
}
