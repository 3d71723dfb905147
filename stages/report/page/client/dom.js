/**
 * The only ways in which this program makes elements: texts are set as text, so nothing in them is ever read as HTML.
 */

/** @typedef {Node | string | false | undefined | readonly (Node | string | false | undefined)[]} Content */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {{ readonly [name: string]: string | boolean | undefined }} attributes true gives an empty one, false none
 * @param {readonly Content[]} contents
 */
export function el(tag, attributes = {}, ...contents) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value)
  for (const content of contents.flat()) if (content) element.append(content)
  return element
}

/**
 * The element with this id, which the page surely has.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`no #${id}`)
  return element
}

/** @param {string} id */
export function maybeSelect(id) {
  const element = document.getElementById(id)
  return element instanceof HTMLSelectElement ? element : undefined
}

/** @param {readonly (readonly [name: string, value: string])[]} facts */
export function factList(facts) {
  return el(
    'dl',
    { class: 'pairs' },
    ...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
  )
}

/**
 * A text as it stands, that the keyboard can scroll when it is wide.
 * @param {string} text
 * @param {string} label
 */
export function block(text, label) {
  return el('pre', { tabindex: '0', role: 'group', 'aria-label': label }, el('code', {}, text))
}

/**
 * What may be wider than the page scrolls by itself, by keyboard too.
 * @param {string} label
 * @param {Node} content
 */
export function scrolling(label, content) {
  return el('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label }, content)
}

/**
 * @param {number} number
 * @param {string} thing
 */
export function counted(number, thing) {
  return `${number.toLocaleString('en-US')} ${thing}${number === 1 ? '' : 's'}`
}
