/** Rounds to tenths of a pixel, written the same everywhere. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Escapes a printable text for the content and the attributes of XML. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Horizontal bars on one line, as one path to be stroked with the height of the bars. Bars with less than half a pixel between
 * them are joined, so that there are never more than the line is wide.
 */
export class BarPath {
  readonly #y: number;
  readonly #minimum: number;
  /** In tenths of a pixel. */
  readonly #bars: { from: number; to: number }[] = [];

  /**
   * @param y the middle of the line
   * @param minimum how wide a bar is at least, in px
   */
  constructor(y: number, minimum = 1) {
    this.#y = y;
    this.#minimum = Math.round(minimum * 10);
  }

  get isEmpty(): boolean {
    return this.#bars.length === 0;
  }

  /** The bars that were not joined, in px. */
  get bars(): readonly { readonly from: number; readonly to: number }[] {
    return this.#bars.map(({ from, to }) => ({ from: from / 10, to: to / 10 }));
  }

  /** Adds a bar that begins at or right of the last one. */
  add(from: number, to: number): void {
    const left = Math.round(from * 10);
    const right = Math.max(Math.round(to * 10), left + this.#minimum);
    const last = this.#bars.at(-1);
    if (last !== undefined && left < last.to + 5) last.to = Math.max(last.to, right);
    else this.#bars.push({ from: left, to: right });
  }

  /**
   * @param style attributes of the path
   * @param least how wide the bars are that are in it
   */
  toSvg(style: string, least = 0): string {
    let [data, x] = ["", 0];
    for (const { from, to } of this.#bars) {
      if (to - from < least * 10) continue;
      data += data === "" ? `M${from / 10} ${px(this.#y)}` : `m${(from - x) / 10} 0`;
      data += `h${(to - from) / 10}`;
      x = to;
    }
    return data === "" ? "" : `<path ${style} d="${data}"/>`;
  }
}
