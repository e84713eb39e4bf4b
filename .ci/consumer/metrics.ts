import { Registry } from "prom-client";
import { bootstrap, Named, Repeat } from "watchbill";
import { instrument } from "watchbill/opentelemetry";
import { registerMetrics } from "watchbill/prometheus";

@Named("acme")
class Service {
  polled = 0;

  @Repeat("10ms")
  poll(): void {
    this.polled++;
    if (this.polled === 2) void runner.stop();
  }
}

const register = new Registry();
const endMetrics = registerMetrics({ register });
const endInstrument = instrument({ runs: true });
const runner = bootstrap([Service]);
await runner.run();
const [, runs] = /watchbill_run_lateness_seconds_count\{worker="acme\/poll"\} (\d+)/.exec(await register.metrics()) ?? [];
const refused = [() => registerMetrics({ register }), () => instrument()].filter((again) => {
  try {
    again();
    return false;
  } catch {
    return true;
  }
});
console.log(`${runs} runs by prom-client, refused ${refused.length === 2 ? "twice" : refused.length}`);
endInstrument();
endMetrics();
