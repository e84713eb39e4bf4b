import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type Instrument, instruments } from "../../lib/metrics/instruments.js";

/** The row of an instrument in the table of the page. */
function row([name, { kind, unit, attributes, description }]: [string, Instrument]): string {
  const base = name.replaceAll(".", "_");
  const inPrometheus = `${base}${unit === "s" ? "_seconds" : ""}${kind === "counter" ? "_total" : ""}`;
  const words = { histogram: "histogram", counter: "counter", upDownCounter: "up-down counter", gauge: "gauge" };
  const kinds = unit === "s" ? `${words[kind]}, s` : words[kind];
  const listed = attributes.map((attribute) => `\`${attribute}\``).join(", ");
  return `| \`${name}\` | \`${inPrometheus}\` | ${kinds} | ${listed} | ${description.replace(/\.$/, "")} |`;
}

describe("The catalogue of instruments", () => {
  it("is the table of docs/metrics.md", () => {
    const page = readFileSync("docs/metrics.md", "utf8");
    const section = page.slice(page.indexOf("## Instruments"), page.indexOf("## Many workers"));
    const rows = section.split("\n").filter((line) => line.startsWith("| `watchbill."));
    expect(rows).to.deep.equal(Object.entries<Instrument>(instruments).map(row));
  });

  it("has base units, and names that tell instruments apart when dots become underscores", () => {
    const names = Object.keys(instruments).map((name) => name.replaceAll(".", "_"));
    expect(new Set(names)).to.have.property("size", names.length);
    for (const [name, { unit }] of Object.entries<Instrument>(instruments)) {
      if (/duration|lateness|timestamp|interval/.test(name)) expect(unit, name).to.equal("s");
      // The OpenTelemetry Collector adds "ratio" to gauges with the unit 1, and other units to the names.
      else expect(unit, name).to.match(/^\{\w+\}$/);
    }
  });
});
