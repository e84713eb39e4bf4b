/**
 * Whether a class has a constructor of its own, whose parameters say which arguments it needs. If it has none, the engine adds
 * one that passes all arguments on to the base class, and whose `length` is 0. A constructor that is written out to do just that
 * does not count: compilers add it to initialise fields, as `constructor() { super(...arguments); }`. If the source text cannot
 * be read as a class, the class counts as one without a constructor, so that the base decides.
 */
export function hasOwnConstructor(type: abstract new (...args: never[]) => object): boolean {
  const text = Function.prototype.toString.call(type);
  // Compilers for old engines turn classes into functions, which pass on their arguments in this way.
  if (!/^class\b/.test(text)) return !/\.apply\(this, arguments\)/.test(text);
  const tokens = tokensOf(text);
  const start = tokens === undefined ? -1 : indexOfConstructor(tokens);
  if (tokens === undefined || start < 0) return false;
  const [dots = "", rest = ""] = tokens.slice(start + 2);
  return !passesOn(tokens.slice(start), dots === "..." ? ["arguments", rest] : ["arguments"]);
}

/**
 * The index of the constructor among the members of the class: in the last top-level braces, since its base may be an expression
 * with some.
 */
function indexOfConstructor(tokens: readonly string[]): number {
  let depth = 0;
  let found = -1;
  for (const [index, token] of tokens.entries()) {
    if (depth === 0) found = -1;
    if (isOpening(token)) depth++;
    else if (isClosing(token)) depth--;
    else if (depth === 1 && isConstructorAt(tokens, index)) found = index;
  }
  return depth === 0 ? found : -1;
}

/** Whether it is a method of that name, and not a call or a static method. */
function isConstructorAt(tokens: readonly string[], index: number): boolean {
  const before = tokens[index - 1] ?? "";
  if (!/^(["']?)constructor\1$/.test(tokens[index] ?? "") || tokens[index + 1] !== "(") return false;
  if (["static", "async", "get", "set", "*"].includes(before)) return false;
  return tokens[endOfBrackets(tokens, index + 1) + 1] === "{";
}

function endOfBrackets(tokens: readonly string[], start: number): number {
  let depth = 0;
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index] ?? "";
    if (isOpening(token)) depth++;
    else if (isClosing(token) && --depth === 0) return index;
  }
  return tokens.length;
}

function isOpening(token: string): boolean {
  return token === "{" || token === "(" || token === "[";
}

function isClosing(token: string): boolean {
  return token === "}" || token === ")" || token === "]";
}

/** Whether `super` is called with one of the lists, spread. */
function passesOn(tokens: readonly string[], lists: readonly string[]): boolean {
  const calls = lists.map((list) => `super ( ... ${list} )`);
  return tokens.some((token, index) => token === "super" && calls.includes(tokens.slice(index, index + 5).join(" ")));
}

const blank = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const quoted = /"[^"\\\n]*(?:\\[\s\S][^"\\\n]*)*"|'[^'\\\n]*(?:\\[\s\S][^'\\\n]*)*'/y;
const regularExpression = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const word = /[\p{ID_Start}$_#][\p{ID_Continue}$]*|\d[\w.]*/uy;
const template = /[^`\\$]*(?:(?:\\[\s\S]|\$(?!\{))[^`\\$]*)*(?:`|\$\{)/y;
const punctuator = /\.\.\.|[\s\S]/y;

/** A slash after one of these begins a regular expression, as after most punctuators. */
const beforeExpression = new Set(
  "return typeof case in of instanceof new delete void throw do else yield await extends default".split(" "),
);

/**
 * The words, strings and punctuators of JavaScript source text, without comments; of a template only the braces. Undefined if a
 * string or a template has no end, for example because a regular expression was taken for a division.
 */
function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  /** What each open bracket belongs to: a template, the condition of an `if`, or something else. */
  const open: ("template" | "condition" | "")[] = [];
  let closed = "";
  let position = 0;
  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    position += found?.length ?? 0;
    return found;
  };
  const readTemplate = (): boolean => {
    const part = read(template);
    if (part?.endsWith("{") === true) {
      tokens.push("{");
      open.push("template");
    }
    return part !== undefined;
  };
  while (position < text.length) {
    if (read(blank) !== undefined) continue;
    const before = tokens.at(-1) ?? "";
    const canBegin =
      before === ")" ? closed === "condition" : !/^[\]}`"'\p{ID_Continue}$#]/u.test(before) || beforeExpression.has(before);
    const token = read(quoted) ?? (canBegin ? read(regularExpression) : undefined) ?? read(word) ?? read(punctuator) ?? "";
    if (token === '"' || token === "'") return undefined;
    if (token === "`") {
      tokens.push("`");
      if (!readTemplate()) return undefined;
      continue;
    }
    tokens.push(token);
    if (isOpening(token)) open.push(token === "(" && /^(?:if|while|for|with)$/.test(before) ? "condition" : "");
    if (!isClosing(token)) continue;
    closed = open.pop() ?? "";
    if (closed !== "template") continue;
    if (!readTemplate()) return undefined;
    tokens.push("`");
  }
  return tokens;
}
