/**
 * The key under which a class has its standard decorator metadata. Node 20 lacks the symbol, and without it the output of tsc
 * hands decorators no metadata object at all; esbuild falls back to the registered symbol, so that is what is put in place.
 * This runs before any class that is decorated with ours, since its module imports this one first.
 */
export const symbolMetadata: symbol = ensure();

function ensure(): symbol {
  const known: unknown = Reflect.get(Symbol, "metadata");
  if (typeof known === "symbol") return known;
  const symbol = Symbol.for("Symbol.metadata");
  Object.defineProperty(Symbol, "metadata", { value: symbol });
  return symbol;
}
