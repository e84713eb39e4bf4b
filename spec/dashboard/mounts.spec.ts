import { existsSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { expect } from "chai";
import express from "express";
import fastify, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import { Runner } from "watchbill";
import { type Dashboard, dashboard } from "watchbill/dashboard";
import { respondInNode } from "../../lib/dashboard/node-adapter.js";
import { asPage, EventReader, rowOf, send, until } from "./client.fixture.js";
import { job, silent } from "./served.fixture.js";

/** A server with the dashboard, at a path that ends with a slash. */
interface Mounted {
  readonly url: string;
  close(): Promise<void>;
}

async function serve(listener: RequestListener, path: string): Promise<Mounted> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: urlOf(server, path), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function serveFastify(app: FastifyInstance, path: string): Promise<Mounted> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { url: urlOf(app.server, path), close: () => app.close() };
}

function urlOf(server: Pick<Server, "address">, path: string): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}${path}`;
}

const mounts: Record<string, (page: Dashboard) => Promise<Mounted>> = {
  "node:http": (page) => serve(page.node, "/"),
  "node:http under a path": (page) => serve(page.node, "/a/b/"),
  "express 5 under a prefix": (page) => {
    const app = express();
    app.use("/ops", page.node);
    return serve(app, "/ops/");
  },
  "express 5, behind express.json() and a router": (page) => {
    const app = express();
    const router = express.Router();
    app.use(express.json());
    router.use("/workers", page.node);
    app.use("/api/internal", router);
    return serve(app, "/api/internal/workers/");
  },
  "express 5 under a prefix that looks like a part of the API": (page) => {
    const app = express();
    app.use("/api/workers", page.node);
    return serve(app, "/api/workers/");
  },
  "fastify 5 with the raw request": (page) => {
    const app = fastify();
    for (const path of ["/ops", "/ops/*"])
      app.all(path, (request, reply) => {
        reply.hijack();
        page.node(request.raw, reply.raw);
      });
    return serveFastify(app, "/ops/");
  },
  "fastify 5 with a response": (page) => {
    const app = fastify();
    for (const path of ["/ops", "/ops/*"])
      app.all(path, async ({ url, method, headers }, reply) => {
        const sent = new Headers();
        for (const [name, value] of Object.entries(headers)) sent.set(name, String(value));
        return reply.send(await page.fetch(new Request(`http://localhost${url}`, { method, headers: sent })));
      });
    return serveFastify(app, "/ops/");
  },
  "hono 4": (page) => {
    const app = new Hono();
    app.all("/ops/*", ({ req }) => page.fetch(req.raw));
    app.all("/ops", ({ req }) => page.fetch(req.raw));
    return serve((incoming, response) => void respondInNode(incoming, response, async (request) => app.fetch(request)), "/ops/");
  },
};

for (const [name, mount] of Object.entries(mounts)) {
  describe(`The dashboard in ${name}`, () => {
    let runs: number;
    let runner: Runner;
    let ended: Promise<void>;
    let page: Dashboard;
    let mounted: Mounted;

    beforeEach(async () => {
      runs = 0;
      runner = new Runner([job("github/commits", () => runs++), job("a/b%2F\n<c>", () => runs++)], {
        logger: silent,
        signals: [],
      });
      page = dashboard(runner);
      mounted = await mount(page);
      ended = runner.run();
    });

    afterEach(async () => {
      page.close();
      await mounted.close();
      await runner.stop();
      await ended;
    });

    it("serves the page at a path with a slash at its end, and redirects to it", async () => {
      const isBuilt = existsSync("lib/dashboard/assets/index.html");
      const { status, headers, text } = await send(mounted.url);
      expect(status).to.equal(isBuilt ? 200 : 404);
      expect(text).to.include(isBuilt ? "<!doctype html>" : "was not built");
      expect(headers["content-security-policy"]).to.match(/^default-src 'none'; script-src 'self';/);
      expect(headers["cache-control"]).to.equal("no-store");
      expect((await send(`${mounted.url}page.js`)).status).to.equal(isBuilt ? 200 : 404);

      const path = new URL(mounted.url).pathname.slice(0, -1);
      if (path === "") return;
      const redirected = await send(`${mounted.url.slice(0, -1)}?q=x`);
      expect(redirected.status).to.equal(308);
      expect(redirected.headers.location).to.equal(`./${path.split("/").pop() ?? ""}/?q=x`);
    });

    it("answers the API and commands", async () => {
      const { status, json } = await send(`${mounted.url}api/status`);
      expect(status).to.equal(200);
      expect(rowOf(json, "github/commits")).to.include({ phase: "waiting" });
      for (const worker of ["github/commits", "a/b%2F\n<c>"]) {
        const url = `${mounted.url}api/workers/${encodeURIComponent(worker)}`;
        expect((await send(url)).status).to.equal(200);
        expect((await send(`${url}/trigger`, { method: "POST", headers: asPage })).status).to.equal(202);
        expect((await send(`${url}/trigger`)).status).to.equal(405);
      }
      await until(() => runs === 2);
      expect((await send(`${mounted.url}healthz`)).text).to.equal("ok");
    });

    it("streams what changes, until the viewer leaves", async () => {
      const viewer = await EventReader.open(mounted.url);
      const snapshot = await viewer.first(({ event }) => event === "snapshot");
      expect(rowOf(snapshot.data, "github/commits")).to.include({ runs: 0 });
      await runner.trigger("github/commits");
      const update = await viewer.first(
        ({ event, data }) => event === "update" && rowOf(data, "github/commits", "rows")?.runs === 1,
      );
      expect(update.data.runs).to.be.an("array").with.length(1);
      viewer.close();
      await until(() => page.viewers === 0);
    });

    it("ends the stream when the dashboard is closed", async () => {
      const viewer = await EventReader.open(mounted.url);
      await viewer.first(({ event }) => event === "snapshot");
      page.close();
      await until(() => viewer.hasEnded);
    });
  });
}
