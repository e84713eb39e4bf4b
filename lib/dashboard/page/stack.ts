export interface StackLine {
  readonly text: string;
  /** A frame of Node or of a dependency. */
  readonly isForeign: boolean;
}

/** The lines of a stack. In each block of frames, those of the application are first. */
export function stackLines(text: string): StackLine[] {
  const lines: StackLine[] = [];
  let block: StackLine[] = [];
  const endBlock = (): void => {
    lines.push(...block.filter(({ isForeign }) => !isForeign), ...block.filter(({ isForeign }) => isForeign));
    block = [];
  };
  for (const line of text.split("\n")) {
    if (/^\s+at /.test(line)) {
      block.push({ text: line, isForeign: /node_modules|node:|<anonymous>\)?$/.test(line) });
    } else {
      endBlock();
      lines.push({ text: line, isForeign: false });
    }
  }
  endBlock();
  return lines;
}
