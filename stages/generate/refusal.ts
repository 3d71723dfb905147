/**
 * What a person is told when an answer is not to be had: which question, what the server said, what to do. And whether
 * it makes sense to ask that server for anything else now.
 *
 * A server's words are repeated but for the key, which some echo in whole or in part.
 */
import { Failure } from '../../engine/stage.ts'
import { isPassing, isQuota, type Trouble } from './retry.ts'
import { withoutKeys } from './secrets.ts'

export interface Asked {
  readonly question: string
  readonly tries: number
  readonly baseURL: string
  readonly model: string
  readonly keyVariable: string
  readonly secrets: readonly string[]
  /** Nothing has come from the server while this request was tried. */
  readonly silent: boolean
}

export interface Refusal {
  readonly failure: Failure
  /** True when every other request would be refused for the same reason. */
  readonly forAll: boolean
}

export function refusalOf(trouble: Trouble, asked: Asked): Refusal {
  const { sentence, remedy, forAll } = judged(trouble, asked)
  const text = `'${asked.question}': ${asked.baseURL} ${sentence}: ${withoutKeys(trouble.message, asked.secrets)}`
  return { failure: new Failure(text, { remedy }), forAll }
}

interface Judged {
  readonly sentence: string
  readonly remedy: string
  readonly forAll: boolean
}

const again = 'What has arrived is kept: run again to go on from there.'

function judged({ fault }: Trouble, { tries, model, keyVariable, silent }: Asked): Judged {
  if (isQuota(fault))
    return {
      sentence: 'says that the quota is used up',
      remedy: `Add credit or raise the limit with the provider. ${again}`,
      forAll: true,
    }
  if (isPassing(fault) || fault.type !== 'status')
    return {
      sentence: `gave no answer in ${tries} ${tries === 1 ? 'try' : 'tries'}`,
      remedy: silent ? `Is the server there, and is this machine connected? ${again}` : again,
      // Where nobody is let in, the next question would wait as long for nothing.
      forAll: silent,
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
        remedy: parameterRemedy(fault.param, model),
        forAll: false,
      }
  }
}

function parameterRemedy(param: string | undefined, model: string): string {
  const name = optionNames[param ?? '']
  if (name === undefined)
    return `Check the parameters: not every model takes all of them, and the prompt may be too long for '${model}'.`
  return `'${model}' does not take ${name} as it is given: leave it out of generate({…}), or name it in openai({ omit: ['${name}'] }).`
}

/** What a server calls a parameter, and what it is called here. */
const optionNames: { readonly [param: string]: string | undefined } = {
  temperature: 'temperature',
  top_p: 'topP',
  stop: 'stop',
  seed: 'seed',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
  max_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  max_output_tokens: 'maxTokens',
}
