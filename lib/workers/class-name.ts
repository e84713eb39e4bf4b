/** The name of the class of an object; "" for a literal. */
export function className(object: object): string {
  const name: unknown = object.constructor?.name;
  return typeof name === "string" && name !== "Object" ? name : "";
}
