// Control characters, lone surrogates, those that change the direction of text, and what XML does not allow.
const unprintable = /\p{Cc}|\p{Cs}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/gu;

const combining = /^(?:\p{Mn}|\p{Me}|[\u200b\u200c]|\u200d|[\ufe00-\ufe0f])$/u;

/** Ranges of code points that take two columns on a terminal. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Returns a text as one line, in which each character that would disturb it, or is not allowed in XML, is replaced. */
export function printable(text: string): string {
  return text.replace(/[\t\n\r]+ */g, " ").replace(unprintable, "\ufffd");
}

/** How many columns of a terminal a printable text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

function columnsOfCharacter(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (combining.test(character)) return 0;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Cuts a printable text that takes more columns, so that it ends with "…". */
export function cutTo(columns: number, text: string): string {
  if (columnsOf(text) <= columns) return text;
  let [kept, left] = ["", columns - 1];
  for (const character of text) {
    left -= columnsOfCharacter(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Cuts or pads a printable text to exactly as many columns. */
export function fitTo(columns: number, text: string): string {
  const cut = cutTo(columns, text);
  return cut + " ".repeat(columns - columnsOf(cut));
}
