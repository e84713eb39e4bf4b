import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server of this machine that can be cut. */
export class Line {
  readonly #sockets = new Set<Socket>();
  /** By the near end. */
  readonly #connections = new Map<Socket, Socket>();
  readonly #server: Server;
  #isCut = false;

  private constructor(target: number) {
    this.#server = createServer((near) => {
      const far = connect(target, "127.0.0.1");
      this.#connections.set(near, far);
      near.on("close", () => this.#connections.delete(near));
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => this.#sockets.delete(socket));
        if (this.#isCut) socket.pause();
      }
      near.on("data", (chunk) => far.write(chunk));
      far.on("data", (chunk) => near.write(chunk));
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
      if (this.#isCut) for (const socket of [near, far]) socket.pause();
    });
  }

  static async to(target: number): Promise<Line> {
    const line = new Line(target);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Nothing goes through any more, and nobody is told: as when a cable is pulled. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /**
   * Resets some of the connections: what is under way in them is lost, and both ends hear of it.
   * @param isChosen asked for each of them
   */
  reset(isChosen: () => boolean): void {
    for (const [near, far] of this.#connections) {
      if (!isChosen()) continue;
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
