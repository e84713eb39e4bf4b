import { once } from "node:events";
import { createServer } from "node:http";
import { bootstrap, Named, Repeat } from "watchbill";
import { dashboard } from "watchbill/dashboard";

@Named("acme")
class Service {
  @Repeat("1h")
  poll(): void {}
}

const page = dashboard(bootstrap([Service]));
const server = createServer(page.node).listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/ops/`;
const { status, headers } = await fetch(base);
const { workers }: { workers: { name: string }[] } = JSON.parse(await (await fetch(`${base}api/status`)).text());
console.log(`${status} ${headers.get("content-type")}, ${workers.map(({ name }) => name).join()}`);
page.close();
server.closeAllConnections();
server.close();
