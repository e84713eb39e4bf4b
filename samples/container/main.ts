/*
 * A service in a container: health checks for the platform, and the page for those who have the token.
 *
 *     npm run build:page && WATCHBILL_TOKEN=$(openssl rand -hex 16) npx tsx samples/container/main.ts
 *
 * The Dockerfile beside it builds the image, and kubernetes.yml runs that: see docs/operating.md.
 */

import { register } from "prom-client";
import { bootstrap, ExponentialBackoff, Named, Repeat, Timeout, type WorkerContext, wait } from "watchbill";
import { dashboard } from "watchbill/dashboard";
import { registerMetrics } from "watchbill/prometheus";

@Named("orders")
class Orders {
  @Repeat("5s")
  @Timeout("20s")
  async ship({ signal }: WorkerContext): Promise<void> {
    await wait("500ms", { signal });
  }
}

// A failure must not end the process: the platform would start it anew with a delay of its own.
const retry = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5 });

// 25 s are the default, and 5 s less than the grace period in kubernetes.yml: what hangs is in the log before SIGKILL.
const runner = bootstrap([Orders], { retry, shutdownTimeout: "25s" });

/** The platform asks for these without a token, from another address than this machine's. */
const isProbe = ({ method, url }: Request): boolean =>
  method === "GET" && /^\/(healthz|readyz|metrics)$/.test(new URL(url).pathname);

registerMetrics({ register });

const page = dashboard(runner, {
  registry: register,
  token: process.env.WATCHBILL_TOKEN,
  authorize: (request) => (isProbe(request) ? "look" : new Response("Unauthorized", { status: 401 })),
});
runner.add(page.listen({ host: "0.0.0.0", port: Number(process.env.PORT ?? 9090) }));

await runner.run();
