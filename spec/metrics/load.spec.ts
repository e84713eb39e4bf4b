import { execFileSync } from "node:child_process";
import { expect } from "chai";

describe("Metrics and traces", () => {
  it("cost some microseconds a run while they are on, and nothing after that", function () {
    this.timeout(120_000);
    const stdout = execFileSync(process.execPath, ["--no-warnings", "--import", "tsx", "spec/metrics/load.fixture.ts"], {
      encoding: "utf8",
    });
    const figures: Readonly<Record<string, number>> = JSON.parse(stdout);
    const { bare = 0, prom = 0, otel = 0, traces = 0, after = 0 } = figures;
    const { scrapeProm = 0, scrapeOtel = 0, cronProm = 0 } = figures;
    console.log(
      `        a run takes ${bare} µs of CPU, ${prom} with prom-client, ${otel} with OpenTelemetry, ${traces} with traces alone; ` +
        `reading 10,000 workers takes ${scrapeProm} and ${scrapeOtel} ms, ${cronProm} with schedules`,
    );
    // Much more than on a machine that does nothing else.
    expect(after).to.be.below(3 * bare + 2);
    expect(prom - bare).to.be.below(100);
    expect(otel - bare).to.be.below(100);
    expect(traces - bare).to.be.below(200);
    expect(scrapeProm).to.be.below(2_000);
    expect(scrapeOtel).to.be.below(2_000);
    expect(cronProm).to.be.below(2_000);
  });
});
