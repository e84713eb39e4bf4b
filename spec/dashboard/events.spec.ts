import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { useFakeTimers } from "sinon";
import { DeclarativeWorker, wait } from "watchbill";
import { EventStream } from "../../lib/dashboard/event-stream.js";
import { respondInNode } from "../../lib/dashboard/node-adapter.js";
import { collectGarbage } from "../runner/collect-garbage.fixture.js";
import { EventReader, isRecord, rowOf, rowsIn, send, until } from "./client.fixture.js";
import { continuous, job, Served } from "./served.fixture.js";

describe("api/events of the dashboard", () => {
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Served.stopAll();
  });

  it("starts with a snapshot, and then sends the rows that have changed, and no others", async () => {
    const { url, runner } = await Served.start([job("a"), job("b"), continuous("c")]);
    const viewer = await EventReader.open(url);
    expect(viewer.headers).to.include({ "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    const { data, id } = await viewer.first(({ event }) => event === "snapshot");
    expect(rowsIn(data).map(({ name }) => name)).to.have.members(["a", "b", "c", "dashboard"]);
    expect(data).to.include({ state: "running", sequence: Number(id) });

    await runner.trigger("b");
    const update = await viewer.first(({ event }) => event === "update");
    expect(rowsIn(update.data, "rows").map(({ name }) => name)).to.deep.equal(["b"]);
    expect(rowOf(update.data, "b", "rows")).to.include({ runs: 1, successRate: 1, health: "ok" });
    expect(update.data).to.include({ sequence: Number(id) + 1, state: "running" });
    expect(update.data.removed).to.deep.equal([]);
    const [run] = rowsIn(update.data, "runs");
    expect(run).to.include({ worker: "b", outcome: "done" }).and.have.all.keys("worker", "start", "duration", "outcome");
  });

  it("sends pauses, failures, and workers that were added and removed", async () => {
    const failing = job("failing", () => {
      throw new Error("down");
    });
    const { url, runner } = await Served.start([job("a"), job("b"), failing]);
    const viewer = await EventReader.open(url);
    await viewer.first(({ event }) => event === "snapshot");
    const rowUpdate = async (name: string, condition: (row: Readonly<Record<string, unknown>>) => boolean) => {
      const { data } = await viewer.first((event) => {
        const row = rowOf(event.data, name, "rows");
        return row !== undefined && condition(row);
      });
      return rowOf(data, name, "rows");
    };
    await runner.pause("a", { by: "ada", reason: "maintenance" });
    const { pause } = (await rowUpdate("a", ({ phase }) => phase === "paused")) ?? {};
    expect(pause).to.include({ by: "ada", reason: "maintenance" });
    await runner.trigger("failing").catch(() => {});
    expect(await rowUpdate("failing", ({ health }) => health === "firing")).to.include({
      lastError: "Error: down",
      lastErrorStack: null,
    });
    runner.add(job("new"));
    expect(await rowUpdate("new", ({ phase }) => phase === "waiting")).to.include({ runs: 0 });
    await runner.remove("b");
    await viewer.first(({ data }) => Array.isArray(data.removed) && data.removed.includes("b"));
  });

  it("says that the runner is being stopped, as its last event, and ends", async () => {
    const { url, runner } = await Served.start([job("a")]);
    const viewer = await EventReader.open(url);
    await viewer.first(({ event }) => event === "snapshot");
    await runner.stop();
    await until(() => viewer.hasEnded);
    expect(viewer.events.at(-1)).to.deep.include({ event: "beat" });
    expect(viewer.events.at(-1)?.data).to.include({ state: "stopping" });
  });

  it("sends a viewer that connects again a snapshot with what it has missed", async () => {
    const { url, runner } = await Served.start([job("a")]);
    const first = await EventReader.open(url);
    await first.first(({ event }) => event === "snapshot");
    first.close();
    await runner.trigger("a");
    const second = await EventReader.open(url, { headers: { "Last-Event-ID": "0" } });
    const { data } = await second.first(({ event }) => event === "snapshot");
    expect(rowOf(data, "a")).to.include({ runs: 1 });
  });

  it("reads the rows once for 200 viewers, and releases them", async () => {
    const { url, runner, page } = await Served.start(Array.from({ length: 50 }, (_, index) => job(`job ${index}`)));
    const viewers = await Promise.all(Array.from({ length: 200 }, () => EventReader.open(url)));
    await Promise.all(viewers.map((viewer) => viewer.first(({ event }) => event === "snapshot")));
    expect(page.viewers).to.equal(200);
    const status = runner.status.bind(runner);
    let reads = 0;
    runner.status = (names) => {
      reads++;
      return status(names);
    };
    await runner.trigger("job 7");
    await Promise.all(viewers.map((viewer) => viewer.first(({ data }) => rowOf(data, "job 7", "rows")?.runs === 1)));
    expect(reads).to.be.below(10);
    for (const viewer of viewers) viewer.close();
    await until(() => page.viewers === 0);
  });

  it("takes little memory for viewers that never read, and gives them a snapshot when they do", async function () {
    this.timeout(60_000);
    // Long names make long messages: 600 kB for all rows.
    const workers = Array.from({ length: 400 }, (_, index) => job(`${index} ${"x".repeat(900)}`));
    const { url, runner, page } = await Served.start(workers);
    const names = runner.status().flatMap(({ name, schedule }) => (schedule === null ? [] : [name]));
    const slow = Array.from({ length: 20 }, () => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      sockets.push(socket);
      socket.on("error", () => {});
      socket.pause();
      socket.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
      return socket;
    });
    await until(() => page.viewers === slow.length);
    const quick = await EventReader.open(url);
    await quick.first(({ event }) => event === "snapshot");
    global.gc?.();
    const before = process.memoryUsage();
    let updates = 0;
    // More than the kernel buffers, and more than the backlog holds.
    while (updates < 16) {
      await Promise.all(names.map((name) => runner.trigger(name)));
      await until(() => quick.events.filter(({ event }) => event === "update").length > updates);
      updates = quick.events.filter(({ event }) => event === "update").length;
      quick.events.splice(0, quick.events.length - 50);
      updates = Math.max(updates, Number(quick.events.at(-1)?.id));
    }
    const { arrayBuffers, external } = process.memoryUsage();
    const grown = (arrayBuffers + external - before.arrayBuffers - before.external) / 1_000_000;
    console.log(`        ${slow.length} viewers that do not read, 16 updates of 600 kB: ${grown.toFixed(1)} MB`);
    // The messages are shared by all viewers: without a limit, 9 MB more.
    expect(grown).to.be.below(60);

    const [reader] = slow;
    let text = "";
    reader?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    reader?.resume();
    await until(() => (text.match(/^event: snapshot$/gm) ?? []).length >= 2);
  });

  it("has the rights of the viewer in its own snapshot", async () => {
    const { url } = await Served.start([job("a")], {
      authorize: ({ headers }) => (headers.get("x-user") === "ada" ? "act" : "look"),
    });
    const [ada, guest] = await Promise.all([EventReader.open(url, { headers: { "x-user": "ada" } }), EventReader.open(url)]);
    const rights = async (viewer: EventReader) => (await viewer.first(({ event }) => event === "snapshot")).data.rights;
    expect(await rights(ada)).to.deep.equal({ trigger: true, pause: true, resume: true, restart: true });
    expect(await rights(guest)).to.deep.equal({ trigger: false, pause: false, resume: false, restart: false });
  });

  it("answers HEAD without a stream", async () => {
    const { url, page } = await Served.start([]);
    expect(await send(`${url}api/events`, { method: "HEAD" })).to.include({ status: 200, text: "" });
    expect(page.viewers).to.equal(0);
  });

  it("streams a run of a continuous worker when it ends", async () => {
    const leaving = new DeclarativeWorker({
      name: "leaving",
      restart: "on-failure",
      worker: async ({ signal }) => {
        await wait("50ms", { signal });
      },
    });
    const { url } = await Served.start([leaving]);
    const viewer = await EventReader.open(url);
    const ended = await viewer.first(({ data }) =>
      [...rowsIn(data), ...rowsIn(data, "rows")].some(({ name, phase }) => name === "leaving" && phase === "stopped"),
    );
    expect(isRecord(ended.data)).to.equal(true);
  });
});

describe("An event stream", () => {
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  const message = (length: number, letter = "m"): Uint8Array => new TextEncoder().encode(letter.repeat(length));

  function open(signal = new AbortController().signal) {
    const closed: EventStream[] = [];
    let snapshots = 0;
    const stream = new EventStream(
      signal,
      () => [message(1, "s"), message(1, String(++snapshots))],
      (each) => closed.push(each),
    );
    return { stream, closed, reader: stream.body.getReader() };
  }

  it("drops a backlog that is too long, and has a snapshot in its place", async () => {
    const { stream, reader } = open();
    expect(text((await reader.read()).value)).to.equal("s");
    expect(text((await reader.read()).value)).to.equal("1");
    stream.send(message(600_000, "a"));
    stream.send(message(400_000, "b"));
    stream.send(message(400_000, "c"));
    stream.send(message(1, "d"));
    expect(text((await reader.read()).value)).to.equal("s");
    expect(text((await reader.read()).value)).to.equal("2");
    const next = reader.read();
    stream.send(message(1, "e"));
    expect(text((await next).value)).to.equal("e");
  });

  it("keeps the order of a backlog that is not too long", async () => {
    const { stream, reader } = open();
    await reader.read();
    await reader.read();
    for (const letter of "abc") stream.send(message(1, letter));
    for (const letter of "abc") expect(text((await reader.read()).value)).to.equal(letter);
  });

  describe("on a socket", () => {
    const cleanups: (() => void)[] = [];

    afterEach(() => {
      for (const cleanup of cleanups.splice(0)) cleanup();
    });

    /** A viewer that is connected and does not read, and the stream that it gets. */
    async function connectViewer() {
      let snapshots = 0;
      let isClosed = false;
      const stream = new EventStream(
        new AbortController().signal,
        () => [message(1, "s"), message(1_000, String(++snapshots))],
        () => {
          isClosed = true;
        },
      );
      const server = createServer((incoming, response) => {
        respondInNode(incoming, response, () => Promise.resolve(new Response(stream.body))).catch(() => response.destroy());
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const accepted = once(server, "connection");
      const address = server.address();
      const client = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
      client.on("error", () => {});
      client.pause();
      client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const [socket]: Socket[] = await accepted;
      if (socket === undefined) throw new Error("There is no connection");
      cleanups.push(() => {
        client.destroy();
        server.closeAllConnections();
        server.close();
      });
      await until(() => snapshots === 1);
      return { stream, client, socket, snapshots: () => snapshots, isClosed: () => isClosed };
    }

    /** Sends messages of 250 kB, each with its number. */
    async function sendMessages(stream: EventStream, count: number, socket: Socket): Promise<number> {
      let most = 0;
      for (let index = 0; index < count; index++) {
        stream.send(new TextEncoder().encode(`<${index}>`.padEnd(250_000, ".")));
        await new Promise((resolve) => setImmediate(resolve));
        most = Math.max(most, socket.writableLength);
      }
      return most;
    }

    it("keeps little for a viewer that never reads, however much is sent", async () => {
      const { stream, socket, snapshots } = await connectViewer();
      await collectGarbage();
      const before = process.memoryUsage();
      const most = await sendMessages(stream, 600, socket);
      await collectGarbage();
      const { arrayBuffers, heapUsed } = process.memoryUsage();
      const grown = (arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed) / 1_000_000;
      console.log(`        150 MB sent: ${grown.toFixed(1)} MB kept, at most ${(most / 1_000_000).toFixed(1)} MB in the socket`);
      expect(grown).to.be.below(10);
      expect(most).to.be.below(2_000_000);
      expect(snapshots()).to.equal(1);
    });

    it("sends the viewer a snapshot in place of what it has not read, and then goes on", async () => {
      const { stream, client, socket, snapshots } = await connectViewer();
      await sendMessages(stream, 200, socket);
      let text = "";
      client.setEncoding("latin1").on("data", (chunk: string) => {
        text += chunk.replaceAll(/\.+/g, ".");
      });
      client.resume();
      await until(() => snapshots() === 2 && text.includes("2".repeat(1_000)));
      stream.send(message(1, "e"));
      await until(() => text.includes("e\r\n"));
      const numbers = [...text.matchAll(/<(\d+)>/g)].map(([, number]) => Number(number));
      // What it read before was in order, and without a gap.
      expect(numbers).to.deep.equal(numbers.map((_, index) => index));
      expect(numbers.length).to.be.below(100);
    });

    it("is released when the viewer is gone, with a full backlog", async () => {
      const { stream, client, socket, isClosed } = await connectViewer();
      await sendMessages(stream, 100, socket);
      client.destroy();
      await until(isClosed);
    });

    it("is stalled once the viewer has read nothing for a minute although there is something to read", async () => {
      const { stream, client, socket } = await connectViewer();
      const clock = useFakeTimers({ now: Date.now(), toFake: ["Date"] });
      cleanups.push(() => clock.restore());
      clock.tick(3_600_000);
      expect(stream.isStalled).to.equal(false);
      await sendMessages(stream, 100, socket);
      clock.tick(59_000);
      expect(stream.isStalled).to.equal(false);
      clock.tick(2_000);
      expect(stream.isStalled).to.equal(true);
      client.resume();
      await until(() => !stream.isStalled);
    });
  });

  for (const [how, end] of Object.entries({
    "the request is aborted": (controller: AbortController) => controller.abort(),
    "the stream is cancelled": (_: AbortController, reader: ReadableStreamDefaultReader) => void reader.cancel(),
    "it is closed": (_: AbortController, __: ReadableStreamDefaultReader, stream: EventStream) => stream.close(),
  })) {
    it(`is released once when ${how}`, () => {
      const controller = new AbortController();
      const { stream, reader, closed } = open(controller.signal);
      reader.closed.catch(() => {});
      end(controller, reader, stream);
      expect(closed).to.deep.equal([stream]);
      controller.abort();
      stream.close();
      stream.send(message(1));
      expect(closed).to.deep.equal([stream]);
    });
  }

  it("is released if the request was aborted before", () => {
    const { closed, reader } = open(AbortSignal.abort());
    reader.closed.catch(() => {});
    expect(closed).to.have.length(1);
  });
});
