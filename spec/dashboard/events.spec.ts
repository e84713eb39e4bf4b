import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { DeclarativeWorker, wait } from "watchbill";
import { EventStream } from "../../lib/dashboard/event-stream.js";
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
    // 20 backlogs of 9 MB would be 180 MB.
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
