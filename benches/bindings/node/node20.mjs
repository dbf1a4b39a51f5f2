// node-av asks for Node 22; this is all that Node 20 lacks of it.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new this((a, b) => ([resolve, reject] = [a, b]))
  return { promise, resolve, reject }
}
