/*
 * A server and the connection pool that it needs, stopped in order: the server drains, and only then the pool closes.
 *
 *     node --import tsx samples/server-and-pool.ts
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { bootstrap, stopped, Worker, type WorkerContext, wait } from "watchbill";

/** Stands in for the pool of a database. */
class Pool {
  #isOpen = false;

  @Worker
  async keepOpen({ signal }: WorkerContext) {
    this.#isOpen = true;
    console.log("the pool is open");
    await stopped(signal);
    this.#isOpen = false;
    console.log("the pool is closed");
  }

  async query() {
    await wait("200ms");
    return this.#isOpen ? { status: 200, text: "42 rows" } : { status: 500, text: "the pool is closed" };
  }
}

class Server {
  readonly http = createServer((_request, response) => void this.answer(response));

  constructor(readonly pool: Pool) {}

  // It may take this long to drain; the pool is stopped after that in any case.
  @Worker({ shutdownTimeout: "5s" })
  async serve({ signal }: WorkerContext) {
    this.http.listen(0, "127.0.0.1");
    await stopped(signal);
    console.log("the server takes no further requests");
    this.http.close();
    await once(this.http, "close");
    console.log("the server has drained");
  }

  private async answer(response: ServerResponse) {
    const { status, text } = await this.pool.query();
    console.log(`the server answers: ${text}`);
    response.writeHead(status, { connection: "close" }).end(text);
  }
}

const pool = new Pool();
const server = new Server(pool);
const listening = once(server.http, "listening");
const asked = once(server.http, "request");

// What others need comes before them: the stop is from the last to the first.
const runner = bootstrap([pool, server], { stopOrder: "reverse" });
const running = runner.run();

await listening;
const address = server.http.address();
const answer = fetch(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
await asked;
console.log("the runner is asked to stop while a request is in progress");
void runner.stop();

await running;
const response = await answer;
console.log(`all have stopped, and the client has its answer: ${response.status}, ${await response.text()}`);
