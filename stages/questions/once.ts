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
