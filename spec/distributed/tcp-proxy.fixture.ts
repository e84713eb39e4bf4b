import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy to a server on this machine, whose connections can be cut or reset. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  /** By the client's socket. */
  readonly #connections = new Map<Socket, Socket>();
  readonly #server: Server;
  #isCut = false;

  private constructor(target: number) {
    this.#server = createServer((client) => {
      const upstream = connect(target, "127.0.0.1");
      this.#connections.set(client, upstream);
      client.on("close", () => this.#connections.delete(client));
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => this.#sockets.delete(socket));
        if (this.#isCut) socket.pause();
      }
      client.on("data", (chunk) => upstream.write(chunk));
      upstream.on("data", (chunk) => client.write(chunk));
      client.on("close", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
      if (this.#isCut) for (const socket of [client, upstream]) socket.pause();
    });
  }

  static async to(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Holds back all data without closing the connections, as when a cable is pulled. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Ends {@link cut}; the held-back data is delivered. */
  restore(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /**
   * Resets some of the connections: data in transit is lost, and both ends get an error.
   * @param isChosen called for each connection
   */
  reset(isChosen: () => boolean): void {
    for (const [client, upstream] of this.#connections) {
      if (!isChosen()) continue;
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
