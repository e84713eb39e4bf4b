/*
 * Mounts the dashboard in a Fastify application, behind its own login:
 *
 *     npm run build:page && npx tsx samples/dashboard/fastify.ts 8080
 *
 * Sign in as alice, who is on call, or as bob, who may only look.
 */
import fastify from "fastify";
import { bootstrap, DeclarativeWorker, stopped, type WorkerContext } from "watchbill";
import { loginPage, signIn } from "./login.js";
import { opsPage } from "./ops-page.js";
import { ShopWorkers } from "./workers.js";

const runner = bootstrap([ShopWorkers]);
const ops = opsPage(runner);

const app = fastify({ forceCloseConnections: "idle" });
app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
  done(null, Object.fromEntries(new URLSearchParams(String(body))));
});
for (const url of ["/ops", "/ops/*"]) {
  app.route({
    method: ["GET", "POST"],
    url,
    handler(request, reply) {
      reply.hijack();
      ops.node(request.raw, reply.raw);
    },
  });
}
app.get("/", (_request, reply) => reply.type("text/html").send('<a href="/ops/">Operations</a>'));
app.get("/login", (_request, reply) => reply.type("text/html").send(loginPage));
app.post<{ Body: { name?: string; password?: string } }>("/login", (request, reply) => {
  const { name = "", password = "" } = request.body;
  const cookie = signIn(name, password);
  if (cookie === undefined) return reply.status(401).type("text/html").send(loginPage);
  return reply.header("Set-Cookie", cookie).redirect("/ops/", 303);
});

/** The server is a worker too: it starts and stops with the others. */
async function serve({ signal, logger }: WorkerContext): Promise<void> {
  const address = await app.listen({ port: Number(process.argv[2] ?? 8080), host: "127.0.0.1" });
  logger.info(`listening on ${address}/`);
  await stopped(signal);
  ops.close();
  await app.close();
}
runner.add(new DeclarativeWorker({ name: "server", worker: serve }));

await runner.run();
