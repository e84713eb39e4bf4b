import { expect } from "chai";
import type { Timeline } from "../../lib/testing/timeline.js";
import { TimelineLayout } from "../../lib/testing/timeline-layout.js";
import { timelineSvg } from "../../lib/testing/timeline-svg.js";
import { ZoneClock } from "../../lib/testing/zone-clock.js";
import { expectGolden } from "./golden.fixture.js";
import { day, dayOfFive, dayOfMany, hour, midnight, minute, runsEvery, timelineOf } from "./timeline.fixture.js";
import { elementsOf, parseXml, type XmlElement } from "./xml.fixture.js";

/** A bar of a path, in px. */
interface Bar {
  readonly from: number;
  readonly width: number;
}

/** A picture of which the specs ask. */
class Picture {
  readonly elements: readonly XmlElement[];
  readonly x: (at: number) => number;

  constructor(timeline: Timeline) {
    this.elements = elementsOf(parseXml(timelineSvg(timeline)));
    const layout = new TimelineLayout(timeline, new ZoneClock(timeline.timezone, timeline.start, timeline.end));
    this.x = (at) => Math.round(layout.x(at) * 10) / 10;
  }

  get texts(): readonly string[] {
    return this.elements.filter(({ name }) => name === "text").map(({ text }) => text);
  }

  /** The bars of the paths of a class, those of the legend aside. */
  bars(style: string): Bar[] {
    return this.paths(style).flatMap(barsOf);
  }

  paths(style: string): string[] {
    const legend = this.elements.filter(({ attributes }) => attributes.transform !== undefined).flatMap(elementsOf);
    return this.elements
      .filter((element) => element.attributes.class === style && !legend.includes(element))
      .map(({ attributes }) => attributes.d ?? "");
  }
}

function barsOf(path: string): Bar[] {
  let x = 0;
  return [...path.matchAll(/([Mm])(-?[\d.]+) (-?[\d.]+)h([\d.]+)/g)].map(([, kind, dx = "", , width = ""]) => {
    const from = kind === "M" ? Number(dx) : x + Number(dx);
    x = from + Number(width);
    return { from: Math.round(from * 10) / 10, width: Number(width) };
  });
}

/** One worker, in a day of which an hour is about 38 px. */
function dayOf(worker: Partial<Parameters<typeof timelineOf>[0]["workers"][number]>, rest: Partial<Timeline> = {}): Timeline {
  return timelineOf({ ...rest, workers: [{ name: "worker", ...worker }] });
}

describe("a timeline as SVG", () => {
  it("is as in the golden file", () => {
    expectGolden("five-workers.svg", timelineSvg(dayOfFive()));
  });

  it("is the same in each time zone and locale of the machine", () => {
    const { TZ, LC_ALL } = process.env;
    const here = timelineSvg(dayOfFive());
    try {
      Object.assign(process.env, { TZ: "Pacific/Apia", LC_ALL: "ar_EG.UTF-8" });
      expect(timelineSvg(dayOfFive())).to.equal(here);
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
      if (LC_ALL === undefined) delete process.env.LC_ALL;
      else process.env.LC_ALL = LC_ALL;
    }
  });

  it("needs no other file, and has no script", () => {
    const svg = timelineSvg(dayOfFive());
    expect(svg).to.not.match(/<script|<image|<foreignObject|href|@import|@font-face|javascript:| on\w+=/i);
    expect([...svg.matchAll(/url\(([^)]*)\)/g)].map(([, target]) => target)).to.deep.equal(["#hatch", "#hatch"]);
    expect([...svg.matchAll(/https?:[^"]*/g)].map(([address]) => address)).to.deep.equal(["http://www.w3.org/2000/svg"]);
  });

  it("has a title and a description for screen readers", () => {
    const [svg, title, desc] = new Picture(dayOfFive()).elements;
    expect(svg?.attributes).to.include({ role: "img", "aria-labelledby": "title desc" });
    expect(title).to.deep.include({ name: "title", text: "2026-03-10 00:00:00 to 2026-03-11 00:00:00  ·  UTC  ·  seed 7" });
    expect(desc?.text).to.match(/^5 workers {2}· {2}6,0\d\d runs {2}· {2}7 failed {2}· {2}5 missed/);
  });

  it("is light, and dark where that is preferred", () => {
    const style = new Picture(dayOfFive()).elements.find(({ name }) => name === "style")?.text ?? "";
    const [first = "", second = ""] = style.split("@media (prefers-color-scheme:dark)");
    expect(first).to.include(".back{fill:#ffffff}");
    expect(second).to.include(".back{fill:#131412}");
  });

  it("shows names as they are, and never as markup", () => {
    const name = `<img src=x onerror="alert(1)">&"'`;
    const timeline = timelineOf({
      workers: [
        { name, group: name, schedule: name, runs: [{ start: midnight, end: midnight + hour, outcome: "failed" }] },
        { name: "控制\u0000\u001b[31m\u202e\ud800\uffff\n", runs: [] },
      ],
      events: [{ at: midnight, worker: name, event: "command", detail: `pause: ${name}` }],
      endedEarly: { at: midnight + hour, error: `]]>${name}` },
    });
    const { elements, texts } = new Picture(timeline);
    expect(elements.filter((element) => element.name === "img")).to.deep.equal([]);
    expect(texts).to.include(name);
    expect(texts).to.include("控制\ufffd\ufffd[31m\ufffd\ufffd\ufffd ");
  });

  it("has the rows of a group together, below its title", () => {
    const names = ["b/one", "a/one", "b/two", "single", "a/two"];
    const workers = names.map((name) => ({ name, group: name.includes("/") ? name.slice(0, 1) : null }));
    const layout = new TimelineLayout(timelineOf({ workers }), new ZoneClock("UTC", midnight, midnight + day));
    const lines = layout.titles
      .map(({ title, baseline }) => ({ text: title, y: baseline }))
      .concat(layout.rows.map(({ label, top }) => ({ text: label, y: top + 1 })))
      .sort((a, b) => a.y - b.y);
    expect(lines.map(({ text }) => text)).to.deep.equal(["b", "one", "two", "a", "one", "two", "ungrouped", "single"]);
  });

  it("draws a run from its start to its end, and its due time below", () => {
    const picture = new Picture(
      dayOf({ runs: [{ due: midnight + hour, start: midnight + 2 * hour, end: midnight + 5 * hour }] }),
    );
    const [from, to] = [picture.x(midnight + 2 * hour), picture.x(midnight + 5 * hour)];
    expect(picture.bars("run ok4")).to.deep.equal([{ from, width: Math.round((to - from) * 10) / 10 }]);
    expect(picture.bars("due")).to.deep.equal([{ from: picture.x(midnight + hour), width: 1 }]);
  });

  it("draws the shortest run at least one pixel wide", () => {
    const picture = new Picture(dayOf({ runs: [{ start: midnight + hour, end: midnight + hour + 1 }] }));
    expect(picture.bars("run ok4")).to.deep.equal([{ from: picture.x(midnight + hour), width: 1 }]);
  });

  it("draws a failed run in another shape, with a flag, and stripes if they can be seen", () => {
    const run = { start: midnight + hour, end: midnight + 2 * hour, outcome: "failed" } as const;
    const picture = new Picture(dayOf({ runs: [run, { ...run, start: midnight + 9 * hour, end: midnight + 9 * hour + 1 }] }));
    expect(picture.bars("run ok4")).to.deep.equal([]);
    expect(picture.bars("f4").map(({ from }) => from)).to.deep.equal([picture.x(run.start), picture.x(midnight + 9 * hour)]);
    expect(picture.bars("f4 wide").map(({ from }) => from)).to.deep.equal([picture.x(run.start)]);
    expect(picture.paths("flag").join().match(/M/g)).to.have.length(2);
  });

  it("draws a run that was stopped apart from those that ended by themselves", () => {
    const run = { start: midnight + hour, end: midnight + 2 * hour, outcome: "stopped" } as const;
    const picture = new Picture(dayOf({ runs: [run] }));
    expect(picture.bars("run stopped")).to.have.length(1);
    expect(picture.bars("run ok4")).to.deep.equal([]);
  });

  it("draws a run that has not ended until the end, or until its replica was killed", () => {
    const runs = [
      { start: midnight + hour, end: null, outcome: null, replica: 2 },
      { start: midnight + 4 * hour, end: null, outcome: null, replica: 1 },
    ];
    const events = [{ at: midnight + 2 * hour, worker: "", event: "killed", detail: "replica 2" } as const];
    const picture = new Picture(dayOf({ runs }, { events }));
    const ends = picture.bars("run up").map(({ from, width }) => Math.round((from + width) * 10) / 10);
    expect(ends).to.deep.equal([picture.x(midnight + 2 * hour), picture.x(midnight + day)]);
  });

  it("draws a continuous worker as up until it failed", () => {
    const picture = new Picture(
      dayOf({ schedule: null, runs: [{ start: midnight, end: midnight + 6 * hour, outcome: "failed", cause: "start" }] }),
    );
    const end = picture.x(midnight + 6 * hour);
    expect(picture.bars("run up").map(({ from, width }) => from + width)).to.deep.equal([end]);
    expect(picture.bars("f4")).to.deep.equal([{ from: end, width: 2 }]);
  });

  it("draws missed runs hollow", () => {
    const picture = new Picture(dayOf({ missed: [{ at: midnight + 3 * hour, count: 2, reason: "busy" }] }));
    expect(picture.paths("missed")).to.have.length(1);
    expect(picture.paths("missed").join()).to.match(new RegExp(`^M${picture.x(midnight + 3 * hour)} \\S+h4v\\d+h-4z$`));
  });

  it("draws a backoff as a line, no further than to the next run", () => {
    const attempts = [1, 2].map((hours) => ({
      start: midnight + hours * hour,
      end: midnight + hours * hour + 1,
      outcome: "failed" as const,
    }));
    const events = [
      { at: midnight + hour, worker: "worker", event: "retry", detail: String(3 * hour) },
      { at: midnight + 5 * hour, worker: "worker", event: "restart", detail: String(hour) },
    ] as const;
    const picture = new Picture(dayOf({ runs: attempts }, { events }));
    const edges = picture.bars("backoff").map(({ from, width }) => [from, Math.round((from + width) * 10) / 10]);
    expect(edges).to.deep.equal([
      [picture.x(midnight + hour), picture.x(midnight + 2 * hour)],
      [picture.x(midnight + 5 * hour), picture.x(midnight + 6 * hour)],
    ]);
  });

  it("shades an outage in the rows of its workers, which are one shade if they follow each other", () => {
    const names = ["one", "two", "three", "four"];
    const outages = ["one", "two", "four"].map((worker) => ({ worker, from: midnight + hour, to: midnight + 2 * hour }));
    const picture = new Picture(timelineOf({ workers: names.map((name) => ({ name })), outages }));
    const heights = picture.elements
      .filter(({ attributes }) => attributes.class === "outage")
      .map(({ attributes }) => attributes);
    expect(heights.map((attributes) => attributes["stroke-width"]).filter((height) => height !== "14")).to.deep.equal([
      "52",
      "26",
    ]);
    expect(picture.texts).to.include("outage: 3 workers");
  });

  it("shades different outages of rows that follow each other apart", () => {
    const outages = ["one", "two"].map((worker, index) => ({
      worker,
      from: midnight + (index + 1) * hour,
      to: midnight + (index + 2) * hour,
    }));
    const picture = new Picture(timelineOf({ workers: [{ name: "one" }, { name: "two" }], outages }));
    const starts = picture.bars("outage").map(({ from }) => from);
    expect(starts).to.deep.equal([picture.x(midnight + hour), picture.x(midnight + 2 * hour)]);
  });

  it("labels an outage that comes back each day once", () => {
    const outages = Array.from({ length: 365 }, (_, index) => ({
      worker: "worker",
      from: midnight + index * day,
      to: midnight + index * day + hour,
    }));
    const { texts } = new Picture(dayOf({}, { end: midnight + 365 * day, outages }));
    expect(texts.filter((text) => text.includes("outage:"))).to.deep.equal(["outage: worker (365 times)"]);
  });

  it("marks commands, kills and deploys, those at one time as one", () => {
    const { texts } = new Picture(dayOfFive());
    expect(texts).to.include.members(["pause github/commits (migration)", "resume github/commits", "killed replica 2"]);
    const deploy = [1, 2, 3].map((replica) => ({
      at: midnight + hour + replica,
      worker: "",
      event: "deployed" as const,
      detail: `replica ${replica}`,
    }));
    expect(new Picture(dayOf({}, { events: deploy })).texts).to.include("3 replicas deployed");
  });

  it("says that the service ended early, that runs overlapped, and that runs were only counted", () => {
    const svg = timelineSvg(
      dayOf(
        { runs: [{ start: midnight + hour, end: midnight + 2 * hour }] },
        {
          endedEarly: { at: midnight + 3 * hour, error: "1 worker failed" },
          overlaps: [{ worker: "worker", at: midnight + hour, replicas: [1, 2] }],
          notKept: 10,
        },
      ),
    );
    expect(svg).to.include("The service ended early, 2026-03-10 03:00:00: 1 worker failed");
    expect(svg).to.include("1 run began while another run of the same worker was under way");
    expect(svg).to.include("After 2026-03-10 01:00:00 runs were only counted");
  });

  it("draws runs that were only counted in the hours in which they were", () => {
    const picture = new Picture(dayOf({ counted: { 3: { runs: 60 }, 5: { runs: 10, failures: 10 } } }, { notKept: 70 }));
    const width = Math.round((picture.x(midnight + hour) - picture.x(midnight)) * 10) / 10;
    expect(picture.bars("run ok1").map(({ from }) => from)).to.deep.equal([picture.x(midnight + 3 * hour)]);
    expect(picture.bars("f4").map(({ from }) => from)).to.deep.equal([picture.x(midnight + 5 * hour)]);
    expect(picture.bars("f4")[0]?.width).to.be.closeTo(width, 1);
  });

  it("draws nothing twice if some runs were only counted", () => {
    const runs = runsEvery(10 * minute, 1, midnight + 3 * hour, midnight + 4 * hour);
    const picture = new Picture(dayOf({ runs, counted: { 5: { runs: 1 } } }, { notKept: 1 }));
    expect(picture.bars("run ok1").filter(({ from }) => from < picture.x(midnight + 4 * hour))).to.have.length(6);
  });

  it("draws many runs by parts of the time: the busier, the stronger; and the higher, the more failed", () => {
    const [calm, busy] = [runsEvery(minute, 1_000), runsEvery(minute, 50_000)];
    const half = midnight + 12 * hour;
    const runs = [...calm.filter(({ due = 0 }) => due < half), ...busy.filter(({ due = 0 }) => due >= half)];
    const picture = new Picture(dayOf({ runs }));
    expect(picture.bars("run ok1")).to.have.length(1);
    expect(picture.bars("run ok4").map(({ from }) => from)).to.deep.equal([picture.x(half)]);

    const failing = calm.map((run, index) => ({ ...run, outcome: index % 4 === 0 ? ("failed" as const) : ("done" as const) }));
    const rare = new Picture(dayOf({ runs: failing }));
    expect(rare.bars("f4")).to.deep.equal([]);
    expect(rare.bars("f1").length + rare.bars("f2").length).to.be.above(0);
  });

  it("has the times of the zone, and each change of the clock", () => {
    const start = Date.UTC(2026, 2, 28, 23);
    const timeline = dayOf({}, { start, end: start + 23 * hour, timezone: "Europe/Berlin" });
    const { texts } = new Picture(timeline);
    expect(texts).to.include("clock +1 h");
    const times = new Set(texts.filter((text) => /^\d\d:00$/.test(text)));
    expect([...times].slice(0, 5)).to.deep.equal(["03:00", "04:00", "06:00", "08:00", "10:00"]);
  });

  it("has the load and its peaks", () => {
    const picture = new Picture(dayOfFive());
    expect(picture.texts).to.include.members(["runs at a time", "starts per 6.0m"]);
    expect(picture.texts).to.include("at most 2 in one second, 01:00:00");
    expect(picture.paths("area concurrent")).to.have.length(1);
  });

  it("draws a day without workers or runs", () => {
    expect(new Picture(timelineOf({ workers: [] })).texts).to.not.deep.equal([]);
    expect(new Picture(dayOf({})).texts).to.include("worker");
  });

  it("draws times from ten seconds to ten years", () => {
    for (const length of [10_000, minute, hour, 3 * day, 30 * day, 366 * day, 3_653 * day]) {
      const runs = [{ start: midnight, end: midnight + length / 2 }];
      const picture = new Picture(dayOf({ runs }, { end: midnight + length, timezone: "Asia/Beirut" }));
      const labels = picture.elements.filter(({ attributes }) => attributes.class?.startsWith("axis") ?? false);
      expect(labels.length, `labels of ${length} ms`).to.be.within(12, 60);
    }
  });

  it("keeps below 1 MB with 200 workers, with 1,000 workers, and with 1,000,000 runs", function () {
    this.timeout(60_000);
    for (const [workers, runs] of [
      [200, 144],
      [1_000, 144],
      [200, 5_000],
    ] as const) {
      const svg = timelineSvg(dayOfMany(workers, runs));
      expect(svg.length, `${workers} workers with ${runs} runs each`).to.be.within(50_000, 1_000_000);
      expect(parseXml(svg).name).to.equal("svg");
    }
  });

  it("draws less detail if the picture would be larger than 1 MB", function () {
    this.timeout(60_000);
    const svg = timelineSvg(dayOfMany(900, 700));
    expect(svg.length).to.be.below(1_000_000);
  });

  it("has a few elements a worker, however many runs there are", () => {
    const count = (runs: number): number => new Picture(dayOfMany(50, runs)).elements.length;
    expect(count(4_000)).to.be.below(count(100) * 2);
  });

  it("has higher rows the fewer workers there are", () => {
    const heights = [5, 20, 50, 100, 200].map((workers) => {
      const timeline = dayOfMany(workers, 1);
      return new TimelineLayout(timeline, new ZoneClock("UTC", timeline.start, timeline.end)).sizes.row;
    });
    expect(heights).to.deep.equal([26, 20, 15, 11, 9]);
  });
});
