import { expect } from "chai";
import { filter, matcher } from "../../../lib/dashboard/page/patterns.js";
import { stackLines } from "../../../lib/dashboard/page/stack.js";
import {
  ago,
  duration,
  ordinal,
  percent,
  since,
  span,
  until,
  visible,
  why,
  zoneOfSchedule,
} from "../../../lib/dashboard/page/words.js";
import { row } from "./fake-dashboard.fixture.js";

/** With plain spaces between numbers and units. */
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("the words of the page", () => {
  it("format durations with at most two units", () => {
    const texts = [0, 340, 999.6, 1_240, 41_000, 125_000, 3_600_000, 183_600_000].map((ms) => plain(duration(ms)));
    expect(texts).to.deep.equal(["0 ms", "340 ms", "1.0 s", "1.2 s", "41 s", "2 min 5 s", "1 h", "2 d 3 h"]);
    expect([0, 59_600, -5].map((ms) => plain(span(ms)))).to.deep.equal(["0 s", "1 min", "0 s"]);
  });

  it("format ages and countdowns", () => {
    expect([0, 12_000, 95_000, 11_888_000].map((age) => plain(ago(0, age)))).to.deep.equal([
      "now",
      "12 s ago",
      "1 min ago",
      "3 h 18 min ago",
    ]);
    expect([plain(until(41_000, 0)), plain(until(0, 3_000))]).to.deep.equal(["in 41 s", "due 3 s ago"]);
  });

  it("name the day if it is not today", () => {
    const now = Date.UTC(2026, 10, 26, 4, 0);
    const times = [Date.UTC(2026, 10, 26, 2, 14), Date.UTC(2026, 10, 25, 23, 50), Date.UTC(2026, 10, 23, 1, 0)];
    expect(times.map((time) => since(time, now, "utc"))).to.deep.equal(["02:14", "Wed 23:50", "23 Nov"]);
  });

  it("count failures, and never round a rate up to 100 %", () => {
    expect([1, 3, 10, 11, 12, 22, 111, 1_001].map(ordinal)).to.deep.equal([
      ...["first", "third", "10th", "11th", "12th", "22nd", "111th", "1,001st"],
    ]);
    expect([1, 0.9999, 0.985, 0].map((rate) => plain(percent(rate)))).to.deep.equal(["100 %", "99.9 %", "98.5 %", "0 %"]);
  });

  it("make control characters and changes of direction visible", () => {
    expect(visible("a\u001b[31m\n\u202eb\u0085")).to.equal("a␛[31m␊\\u202eb\\u0085");
    expect(visible("a\n\tb\u0000", true)).to.equal("a\n\tb␀");
  });

  it("say why a worker does not run", () => {
    const now = Date.now();
    const of = (change: Parameters<typeof row>[1]): string => plain(why(row("a/b", { lastStart: now - 9_000, ...change }), now));
    const failure = { attempt: 3, lastError: "Error: ECONNREFUSED", health: "firing" } as const;
    expect(of({ ...failure, phase: "backoff", nextDue: now + 41_000 })).to.equal(
      "backoff, third failure in a row, again in 41 s: ECONNREFUSED",
    );
    expect(of({ ...failure, attempt: 7, phase: "backoff", nextDue: now + 239_000 })).to.equal(
      "backoff, 7th failure in a row, again in 3 min: ECONNREFUSED",
    );
    expect(of({ phase: "paused", pause: { since: now, by: "the on-call engineer", reason: "maintenance" } })).to.equal(
      "paused by the on-call engineer: maintenance",
    );
    expect(of({ phase: "paused", pause: { since: now, by: null, reason: null } })).to.equal("paused");
    expect(of({ holder: { host: "host-2", pid: 81 }, schedule: null, nextDue: null })).to.equal("held by host-2, pid 81");
    expect(of({ ...failure, phase: "waiting" })).to.equal("waiting, after the third failure in a row: ECONNREFUSED");
    expect(of({ phase: "waiting", nextDue: now - 4_000 })).to.equal("waiting, due 4 s ago");
    expect(of({ phase: "running" })).to.equal("running, for 9 s");
    expect(of({ ...failure, phase: "stopped" })).to.equal("stopped after the third failure in a row: ECONNREFUSED");
  });

  it("read the time zone of a schedule", () => {
    expect(zoneOfSchedule("0 3 * * * (Europe/Berlin)")).to.equal("Europe/Berlin");
    expect(["every 5s", "Weekdays (custom)", null].map(zoneOfSchedule)).to.deep.equal([undefined, undefined, undefined]);
  });
});

describe("the patterns of the page", () => {
  it("match as those of the runner", () => {
    const names = ["github/commits", "github/events", "git", "a.b/c\nd"];
    const matching = (pattern: string): string[] => names.filter(matcher(pattern));
    expect(matching("github/*")).to.deep.equal(["github/commits", "github/events"]);
    expect(matching("*it*")).to.deep.equal(["github/commits", "github/events", "git"]);
    expect(matching("a.b/*d")).to.deep.equal(["a.b/c\nd"]);
    expect(matching("axb/*")).to.deep.equal([]);
  });

  it("filter by words in any case, and by whole names with a star", () => {
    const matches = (query: string): boolean | undefined =>
      filter(query)?.("GitHub/commits", "GitHub/commits Error: ECONNREFUSED");
    expect(["hub refused", "github/*", "*/commits econn", "hub nothing", "hub*"].map(matches)).to.deep.equal([
      ...[true, true, true, false, false],
    ]);
    expect(filter("  ")).to.equal(undefined);
  });
});

describe("the stacks of the page", () => {
  it("have the frames of the application first in each block", () => {
    const text =
      "Error: a\n    at x (node:net:1)\n    at own (/srv/a.ts:1)\n  cause: b\n    at y (/srv/node_modules/p/i.js:1)\n    at z (/srv/b.ts:1)";
    expect(stackLines(text).map(({ text }) => text.trim().split(" ")[1])).to.deep.equal(["a", "own", "x", "b", "z", "y"]);
  });
});
