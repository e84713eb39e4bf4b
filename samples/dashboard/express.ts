/*
 * Mounts the dashboard in an Express application, behind its own login:
 *
 *     npm run build:page && npx tsx samples/dashboard/express.ts 8080
 *
 * Sign in as alice, who is on call, or as bob, who may only look.
 */
import { once } from "node:events";
import express from "express";
import { bootstrap, DeclarativeWorker, stopped, type WorkerContext } from "watchbill";
import { loginPage, signIn } from "./login.js";
import { opsPage } from "./ops-page.js";
import { ShopWorkers } from "./workers.js";

const runner = bootstrap([ShopWorkers]);
const ops = opsPage(runner);

const app = express();
app.use("/ops", ops.node);
app.get("/", (_request, response) => void response.type("html").send('<a href="/ops/">Operations</a>'));
app.get("/login", (_request, response) => void response.type("html").send(loginPage));
app.post("/login", express.urlencoded({ extended: false }), (request, response) => {
  const { name, password }: { name?: unknown; password?: unknown } = request.body;
  const cookie = signIn(String(name), String(password));
  if (cookie === undefined) response.status(401).type("html").send(loginPage);
  else response.set("Set-Cookie", cookie).redirect(303, "/ops/");
});

/** The server is a worker too: it starts and stops with the others. */
async function serve({ signal, logger }: WorkerContext): Promise<void> {
  const server = app.listen(Number(process.argv[2] ?? 8080), "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  logger.info(`listening on http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
  await stopped(signal);
  ops.close();
  server.close();
  server.closeIdleConnections();
  await once(server, "close");
}
runner.add(new DeclarativeWorker({ name: "server", worker: serve }));

await runner.run();
