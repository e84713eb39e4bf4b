import fastify from "fastify";
import { Named, Repeat } from "watchbill";
import { watchbillPlugin } from "watchbill/fastify";

@Named("acme")
class Service {
  @Repeat("1h")
  poll(): void {}
}

const app = fastify();
app.register(watchbillPlugin, { sources: [Service], dashboard: "/ops", start: "ready" });
const { payload } = await app.inject("/ops/api/status");
const names = app.watchbill.status().map(({ name }) => name);
console.log(`${payload.includes("acme/poll")}, ${names.join()}, ${app.watchbill.state}`);
await app.close();
