import { writeSync } from "node:fs";
import { emitKeypressEvents, type Key } from "node:readline";

const enterScreen = "\x1b[?1049h\x1b[?25l";
const leaveScreen = "\x1b[?25h\x1b[?1049l";

/**
 * The whole terminal of the process, in raw mode and on its alternate screen. Whatever ends the process, a signal that it handles
 * and an error that it does not included, the terminal is as before.
 */
export class Screen {
  readonly #onKey: (key: Key) => void;
  readonly #onResume: () => void;
  #isOpen = false;

  /**
   * @param onKey receives each key, Ctrl-C and Ctrl-Z included, which send no signal in raw mode
   * @param onResume called when the process continues after {@link suspend}
   */
  constructor(onKey: (key: Key) => void, onResume: () => void) {
    this.#onKey = onKey;
    this.#onResume = onResume;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { stdin } = process;
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.on("keypress", this.#keypress);
    stdin.resume();
    process.on("exit", this.close);
    writeSync(1, enterScreen);
  }

  readonly close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { stdin } = process;
    process.off("exit", this.close);
    stdin.off("keypress", this.#keypress);
    stdin.pause();
    try {
      writeSync(1, leaveScreen);
      stdin.setRawMode(false);
    } catch {
      // The terminal itself has been closed.
    }
  };

  /** Stops the process as Ctrl-Z does, until the shell continues it. */
  suspend(): void {
    this.close();
    process.once("SIGCONT", () => {
      this.open();
      this.#onResume();
    });
    process.kill(process.pid, "SIGTSTP");
  }

  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // Overwrites what is there, so that nothing flickers: each line and the rest of it, then all below.
    process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  }

  readonly #keypress = (_text: string | undefined, key: Key): void => this.#onKey(key);
}
