/**
 * What is made of a model, made once. A model never changes (all of its types are `readonly`, and what was read is frozen),
 * so this can't go out of date; it is kept for as long as the model itself.
 */
export function once<Model extends object, Made>(make: (model: Model) => Made): (model: Model) => Made {
  const known = new WeakMap<Model, { readonly made: Made }>()
  return (model) => {
    const before = known.get(model)
    if (before !== undefined) return before.made
    const made = make(model)
    known.set(model, { made })
    return made
  }
}

/** The same for values that are compared by what they are; kept for as long as the function itself. */
export function remembering<Key, Made extends object>(make: (key: Key) => Made): (key: Key) => Made {
  const known = new Map<Key, Made>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const made = make(key)
    known.set(key, made)
    return made
  }
}
