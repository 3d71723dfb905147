/**
 * What is open, sought and sorted, kept in the address after `#`: a link, a reload and the back button restore it. There
 * is no other memory of it (the theme aside, which belongs to the reader and not to what is read).
 */

/**
 * @typedef {object} State
 * @property {string} q id of the open question; '' while the list is seen
 * @property {string} of its chain
 * @property {string} c number of the open completion, from 1
 * @property {string} verdict completions are shown that have this verdict
 * @property {string} order of completions: 'number', 'worst', 'best'
 * @property {string} find words sought in ids and prompts
 * @property {string} only questions are shown that have this
 * @property {string} chain questions of this chain are shown
 * @property {string} sort 'average', 'pass', 'id' or 'order', with `-` in front when the largest comes first
 */

/** @type {Readonly<State>} */
export const untouched = {
  q: '',
  of: '',
  c: '',
  verdict: '',
  order: 'number',
  find: '',
  only: '',
  chain: '',
  // The worst first: they are what the page is opened for.
  sort: 'average',
}

/** @returns {State} */
export function stateOf(hash = location.hash) {
  const given = new URLSearchParams(hash.slice(1))
  const state = { ...untouched }
  for (const name of namesOf(state)) state[name] = given.get(name) ?? untouched[name]
  return state
}

/** @param {State} state */
function hashOf(state) {
  const given = new URLSearchParams()
  for (const name of namesOf(state)) if (state[name] !== untouched[name]) given.set(name, state[name])
  return `#${given}`
}

/**
 * @param {State} state
 * @returns {(keyof State)[]}
 */
function namesOf(state) {
  return /** @type {(keyof State)[]} */ (Object.keys(state))
}

/**
 * Changes the address, and with it what is seen. What opens or closes something gets an entry of its own in the history; to go
 * back through every letter that was sought would help nobody.
 * @param {Partial<State>} changes
 * @param {'push' | 'replace'} how
 */
export function go(changes, how) {
  const hash = hashOf({ ...stateOf(), ...changes })
  if (hash === location.hash || (hash === '#' && location.hash === '')) return
  if (how === 'push') history.pushState(null, '', hash)
  else history.replaceState(null, '', hash)
  changed()
}

let changed = () => {}

/**
 * Whenever the address changed, by `go` or by the browser.
 * @param {() => void} listener
 */
export function followAddress(listener) {
  changed = listener
  addEventListener('popstate', listener)
}
