import { isForeignFrame, isFrame } from "../frames.js";

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
    if (isFrame(line)) {
      block.push({ text: line, isForeign: isForeignFrame(line) });
    } else {
      endBlock();
      lines.push({ text: line, isForeign: false });
    }
  }
  endBlock();
  return lines;
}
