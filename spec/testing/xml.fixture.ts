/** An element of a document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const token = /<\/([\w-]+)>|<([\w-]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/y;
const reference = /&(?:#(\d+)|amp|lt|gt|quot|apos);/g;

/**
 * Parses a document without comments, declarations and CDATA.
 * @throws Error if it is not well-formed, or has a character that XML does not allow
 */
export function parseXml(document: string): XmlElement {
  const forbidden = /(?![\t\n\r])\p{Cc}|[\ufffe\uffff]|\p{Cs}/u.exec(document);
  if (forbidden !== null) throw new Error(`a character is not allowed at ${forbidden.index}`);
  const root: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  token.lastIndex = 0;
  while (token.lastIndex < document.length) {
    const at = token.lastIndex;
    const match = token.exec(document);
    if (match === null) throw new Error(`not well-formed at ${at}: ${document.slice(at, at + 60)}`);
    const [, closed, opened, attributes = "", isEmpty, text] = match;
    const parent = open.at(-1) ?? root;
    if (text !== undefined) parent.text += decode(text, at);
    if (closed !== undefined && open.pop()?.name !== closed) throw new Error(`</${closed}> at ${at} closes another element`);
    if (opened === undefined) continue;
    const pairs = [...attributes.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, decode(value, at)]);
    const element = { name: opened, attributes: Object.fromEntries(pairs), children: [], text: "" };
    if (pairs.length !== Object.keys(element.attributes).length) throw new Error(`an attribute comes twice at ${at}`);
    parent.children.push(element);
    if (isEmpty === "") open.push(element);
  }
  const [document_] = root.children;
  if (open.length !== 1 || root.children.length !== 1 || document_ === undefined) throw new Error("not one whole element");
  return document_;
}

function decode(text: string, at: number): string {
  if (text.replace(reference, "").includes("&")) throw new Error(`a bare & after ${at}`);
  const named: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'" };
  return text.replace(reference, (whole, code?: string) =>
    code === undefined ? (named[whole] ?? "") : String.fromCodePoint(+code),
  );
}

/** The element and all within it. */
export function elementsOf(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(elementsOf)];
}
