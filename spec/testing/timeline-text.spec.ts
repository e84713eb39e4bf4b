import { expect } from "chai";
import { timelineText } from "../../lib/testing/timeline-text.js";
import { expectGolden } from "./golden.fixture.js";
import { day, dayOfFive, dayOfMany, hour, midnight, runsEvery, timelineOf } from "./timeline.fixture.js";

function linesOf(...timeline: Parameters<typeof timelineOf>): string[] {
  return timelineText(timelineOf(...timeline)).split("\n");
}

/** The columns of a worker, from its line. */
function cellsOf(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.trimStart().startsWith(`${name} `))?.match(/ {2}([Xxmo·-]{2,})/)?.[1];
}

describe("a timeline as text", () => {
  it("is as in the golden file", () => {
    expectGolden("five-workers.txt", timelineText(dayOfFive()));
  });

  it("has at most 100 columns, whatever the time, the names and the counts", () => {
    const names = ["short", "a-very-long-name-of-a-worker-that-does-not-fit/and-more", "控制器".repeat(20), "🙂".repeat(40)];
    for (const days of [1, 2, 3, 30, 365, 3_650]) {
      const counted = { 0: { runs: 123_456_789, failures: 12_345_678, missed: 1_234_567 } };
      const lines = linesOf({
        end: midnight + days * day,
        timezone: "America/New_York",
        workers: names.map((name) => ({ name, group: `group of ${name}`, counted })),
        endedEarly: { at: midnight, error: "why ".repeat(60) },
        events: [{ at: midnight, worker: "short", event: "command", detail: `pause: ${"because ".repeat(30)}` }],
        notKept: 1,
      });
      for (const line of lines) expect(displayWidth(line), line).to.be.at.most(100);
    }
  });

  it("keeps the columns below each other for wide, combining and control characters", () => {
    const names = [
      "plain",
      "控制器/发送",
      "🙂 mail",
      "e\u0301te\u0301",
      "tab\tand\nline",
      "\u001b[31mred",
      "\u202eback",
      "lone\ud800",
    ];
    const lines = linesOf({ workers: names.map((name) => ({ name, runs: runsEvery(hour, 1) })) });
    const rows = lines.filter((line) => line.includes("o".repeat(24)));
    expect(rows).to.have.length(names.length);
    expect(new Set(rows.map((line) => displayWidth(line.slice(0, line.indexOf("oooo")))))).to.have.property("size", 1);
    for (const line of lines) expect(line).to.not.match(/\p{Cc}|\p{Cs}|\u202e/u);
  });

  it("shows the worst of a column, and a run that is under way", () => {
    const at = (hours: number): number => midnight + hours * hour;
    const lines = linesOf({
      workers: [
        {
          name: "worker",
          runs: [
            { start: at(1), end: at(1) + 1 },
            { start: at(2), end: at(2) + 1, outcome: "failed" },
            { start: at(3), end: at(3) + 1, outcome: "failed" },
            { start: at(3) + 5, end: at(3) + 6 },
            { start: at(5), end: at(7) + 1 },
            { start: at(9), end: null },
          ],
          missed: [
            { at: at(1), count: 1, reason: "busy" },
            { at: at(4), count: 3, reason: "paused" },
          ],
        },
      ],
    });
    expect(cellsOf(lines, "worker")).to.equal("·mXxmo--·o--------------");
  });

  it("has a line for the hours of the zone", () => {
    const start = Date.UTC(2026, 2, 28, 23);
    const lines = linesOf({ start, end: start + 23 * hour, timezone: "Europe/Berlin", workers: [{ name: "worker" }] });
    expect(lines[0]).to.equal("2026-03-29 00:00:00 +01:00 to 2026-03-30 00:00:00 +02:00, Europe/Berlin, seed 7");
    expect(lines[2]).to.equal("the clock is put forward by 1.0h at 2026-03-29 03:00:00 +02:00");
    expect(lines[4]).to.match(/^ {11}00 04 07 10 13 16 19 22 +RUNS +FAILED +MISSED +LATEST +LONGEST$/);
  });

  it("joins columns if there are more than fit", () => {
    const end = midnight + 360 * day;
    const name = "a-name-of-twenty-six-chars";
    const lines = linesOf({ end, workers: [{ name, runs: runsEvery(day, 1, midnight, midnight + 180 * day) }] });
    expect(cellsOf(lines, name)).to.equal(`${"o".repeat(15)}${"·".repeat(15)}`);
    expect(lines.join("\n")).to.include("; a column is 12 days");
  });

  it("shows the load as bars, the highest of eight heights where it is most", () => {
    const lines = linesOf({
      workers: [
        { name: "one", runs: runsEvery(6 * hour, 3 * hour) },
        { name: "two", runs: [{ start: midnight + 6 * hour, end: midnight + 7 * hour }] },
      ],
    });
    const bars = lines.find((line) => line.startsWith("at a time"))?.slice("at a time  ".length);
    expect(bars?.slice(6, 9)).to.equal("██▄");
    expect(lines).to.include("at most 2 at a time, first at 2026-03-10 06:00:00");
  });

  it("has what was done to the service, that of several workers or days as one line", () => {
    const workers = ["a/one", "a/two", "b/one"].map((name) => ({ name, group: name.slice(0, 1) }));
    const outages = [0, 1, 2].flatMap((index) =>
      ["a/one", "a/two"].map((worker) => ({
        worker,
        from: midnight + index * day + hour,
        to: midnight + index * day + 2 * hour,
      })),
    );
    const events = ["a/one", "a/two", "b/one"].map((worker) => ({
      at: midnight,
      worker,
      event: "command" as const,
      detail: "pause",
    }));
    const text = linesOf({ end: midnight + 3 * day, workers, outages, events }).slice(-4);
    expect(text).to.deep.equal([
      "",
      "  2026-03-10 00:00:00  pause all workers",
      "  2026-03-10 01:00:00 to 2026-03-10 02:00:00  outage: a/* (the first of 3)",
      "",
    ]);
  });

  it("names the workers of a command: one, a whole group, or how many", () => {
    const workers = ["a/one", "a/two", "a/three", "b/one"].map((name) => ({ name, group: name.slice(0, 1) }));
    const command = (detail: string, ...names: string[]) =>
      names.map((worker) => ({ at: midnight, worker, event: "command" as const, detail }));
    const events = [
      ...command("pause", "a/one", "a/two"),
      ...command("resume", "a/one", "a/two", "a/three"),
      ...command("trigger: by hand: now", "b/one"),
    ];
    expect(linesOf({ workers, events }).slice(-4, -1)).to.deep.equal([
      "  00:00:00  pause 2 workers",
      "  00:00:00  resume a/*",
      "  00:00:00  trigger b/one (by hand: now)",
    ]);
  });

  it("warns of overlaps, an early end, and what was only counted", () => {
    const lines = linesOf({
      workers: [{ name: "worker" }],
      overlaps: [{ worker: "worker", at: midnight + hour, replicas: [1, 2] }],
      endedEarly: { at: midnight + 2 * hour, error: "1 worker failed:\n  it is broken" },
      notKept: 1_234,
    });
    expect(lines.slice(2, 5)).to.deep.equal([
      "OVERLAPS: 1 run began while another of its worker was under way, first worker at 2026-03-10 01:00:00",
      "ENDED EARLY at 2026-03-10 02:00:00: 1 worker failed: it is broken",
      "1,234 events only counted, as there were more than maxEvents",
    ]);
  });

  it("shows no workers, and 200 of them", () => {
    expect(linesOf({ workers: [] })[1]).to.equal("0 workers, 0 runs, 0 failed, 0 missed");
    expect(timelineText(dayOfMany(200, 10)).split("\n").length).to.be.within(208, 230);
  });
});

/** The columns that a terminal needs, by rules that are simpler than those of the code: enough for the characters used here. */
function displayWidth(line: string): number {
  const width = (character: string): number => {
    if (/\p{Mn}/u.test(character)) return 0;
    return /\p{Script=Han}|\p{Emoji_Presentation}/u.test(character) ? 2 : 1;
  };
  return Array.from(line).reduce((sum, character) => sum + width(character), 0);
}
