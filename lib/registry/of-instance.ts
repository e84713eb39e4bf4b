/** An argument of a decorator: a value, or what a function of the instance makes of it. */
export function ofInstance(value: unknown, instance: object): unknown {
  return typeof value === "function" ? value(instance) : value;
}
