/** How many bytes may wait for a viewer who does not read, beside what is on its way. After that, it gets a snapshot instead. */
const maxBacklog = 1_048_576;

/** How long a viewer may read nothing although there is something to read, in ms, before it is disconnected. */
const longestStall = 60_000;

/**
 * The server-sent events of one viewer. What is sent waits until the viewer has read what came before; if that becomes too much,
 * it is dropped, and the viewer gets a fresh snapshot when it reads again. Messages are shared by all viewers.
 */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #snapshot: () => readonly Uint8Array[];
  readonly #onClose: (stream: EventStream) => void;
  readonly #openedAt = Date.now();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #backlog: Uint8Array[] = [];
  #bytes = 0;
  #needsSnapshot = true;
  /** Whether the viewer has read everything and waits for more. */
  #isWaiting = false;
  #lastRead = Date.now();

  /**
   * @param snapshot returns the first message, and the one after a backlog that was dropped, in parts
   * @param onClose called once
   */
  constructor(signal: AbortSignal, snapshot: () => readonly Uint8Array[], onClose: (stream: EventStream) => void) {
    this.#snapshot = snapshot;
    const abort = (): void => this.close();
    this.#onClose = (stream) => {
      signal.removeEventListener("abort", abort);
      onClose(stream);
    };
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#read(),
        // Not every server aborts the signal of the request, and not every one cancels the stream.
        cancel: () => this.#release(),
      },
      { highWaterMark: 0 },
    );
    signal.addEventListener("abort", abort);
    if (signal.aborted) this.close();
  }

  get age(): number {
    return Date.now() - this.#openedAt;
  }

  /** Whether the viewer has not read for a long time. */
  get isStalled(): boolean {
    return !this.#isWaiting && Date.now() - this.#lastRead > longestStall;
  }

  send(message: Uint8Array): void {
    if (this.#needsSnapshot) return;
    if (this.#isWaiting) {
      this.#isWaiting = false;
      this.#controller?.enqueue(message);
    } else if (this.#bytes + message.length <= maxBacklog || this.#backlog.length === 0) {
      this.#backlog.push(message);
      this.#bytes += message.length;
    } else {
      this.#clear();
      this.#needsSnapshot = true;
    }
  }

  /** Ends the stream, after a last message if the viewer reads. One that does not read is disconnected. */
  close(last?: Uint8Array): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    const isWaiting = this.#isWaiting;
    this.#release();
    if (isWaiting) {
      if (last !== undefined) controller.enqueue(last);
      controller.close();
    } else {
      controller.error(new Error("The event stream was closed"));
    }
  }

  #read(): void {
    this.#lastRead = Date.now();
    if (this.#needsSnapshot) {
      this.#needsSnapshot = false;
      for (const part of this.#snapshot()) this.#controller?.enqueue(part);
      return;
    }
    const next = this.#backlog.shift();
    if (next === undefined) {
      this.#isWaiting = true;
      return;
    }
    this.#bytes -= next.length;
    this.#controller?.enqueue(next);
  }

  #release(): void {
    if (this.#controller === undefined) return;
    this.#controller = undefined;
    this.#clear();
    this.#onClose(this);
  }

  #clear(): void {
    this.#backlog = [];
    this.#bytes = 0;
    this.#isWaiting = false;
  }
}
