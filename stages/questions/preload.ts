import type { Question } from './model.ts'

/**
 * What the question gives an answer to begin with; '' for nothing. The seed tool's earlier form wrote its language's word
 * for nothing, None, where a question had no preload; no answer begins with that.
 */
export function preloadOf({ answer_preload = '' }: Pick<Question, 'answer_preload'>): string {
  return answer_preload.trim() === 'None' ? '' : answer_preload
}
