import axe from "axe-core";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { eventually, SpecBrowser, textsOf } from "./browser.fixture.js";
import { FakeDashboard, row } from "./fake-dashboard.fixture.js";
import { cpuTimeOfFrames } from "./frame-times.fixture.js";
import { scenery } from "./scenery.fixture.js";

describe("the page of the dashboard", function () {
  this.timeout(60_000);
  const browser = new SpecBrowser();
  browser.use();

  async function serve(dashboard: FakeDashboard): Promise<string> {
    const url = await dashboard.listen();
    browser.cleanups.push(() => dashboard.close());
    return url;
  }

  const names = (page: Page): Promise<string[]> => textsOf(page, ".row .c-name a");
  const notices = (page: Page): Promise<string[]> => textsOf(page, ".notice span");

  describe("says what is wrong", () => {
    it("in one sentence, and lists the workers that fail first, with since when and why", async () => {
      const page = await browser.open(await serve(scenery()), { timezoneId: "UTC", viewport: { width: 1440, height: 800 } });
      await page.locator(".row").first().waitFor();
      const since = new Date(Date.now() - 3.3 * 3_600_000).toISOString().slice(11, 16);
      const [title = ""] = await textsOf(page, ".summary h2");
      expect(title).to.match(/^3 of 214 workers are failing, since (\w{3} )?\d\d:\d\d$/);
      expect(title).to.contain(since);
      const [first = "", second = "", third = "", fourth = ""] = await textsOf(page, ".row");
      expect(first).to.match(
        /^failing since .* billing\/send-reminders every 1m backoff, third failure in a row, again in \d+ s: connect ECONNREFUSED/,
      );
      expect(first).to.contain("62.4 %");
      expect(second).to.contain("waiting, after the 12th failure in a row: HttpError: 503");
      expect(third).to.contain("overdue, still running after 7 min");
      expect(fourth).to.contain("paused by the on-call engineer: maintenance");
      expect(await page.title()).to.equal("(3) watchbill · billing-7f9c");
    });

    it("with every column at 1280 px, and nothing of them cut", async () => {
      const long = { runs: 12_345, successRate: 0.985, lastStart: Date.now() - 3_540_000, lastDuration: 59_000 };
      const dashboard = new FakeDashboard([row("billing/import", { ...long, nextDue: Date.now() + 11_490_000 })]);
      const page = await browser.open(await serve(dashboard), { viewport: { width: 1280, height: 720 } });
      await page.locator(".row .c-rate").waitFor();
      expect(await textsOf(page, ".row :is(.c-last, .c-rate, .c-next) > span:first-child")).to.deep.equal([
        ...["59 min ago · 59 s", "98.5 %", "in 3 h 11 min"],
      ]);
      expect(await page.locator(".head .c-rate").isVisible()).to.equal(true);
      const cut = await page
        .locator(".row :is(small, a, span span)")
        .evaluateAll((elements) =>
          elements.filter(({ clientWidth, scrollWidth }) => scrollWidth > clientWidth).map(({ textContent }) => textContent),
        );
      expect(cut).to.deep.equal([]);
    });

    it("with the error in full at 1280 px", async () => {
      const error = "Error: connect ECONNREFUSED 10.0.4.12";
      const failing = {
        health: "firing",
        phase: "backoff",
        attempt: 7,
        lastError: error,
        nextDue: Date.now() + 179_000,
      } as const;
      const dashboard = new FakeDashboard([row("billing/import", failing)]);
      const page = await browser.open(await serve(dashboard), { viewport: { width: 1280, height: 720 } });
      const texts = page.locator(".row .c-why :is(.state-words, .reason)");
      await texts.first().waitFor();
      expect(await textsOf(page, ".row .c-why .state-words")).to.deep.equal(["backoff, 7th failure in a row, again in 2 min:"]);
      const widths = await texts.evaluateAll((elements) =>
        elements.map(({ clientWidth, scrollWidth }) => scrollWidth - clientWidth),
      );
      expect(widths).to.deep.equal([0, 0]);
    });

    it("names the process that holds a distributed worker, and why others do not run", async () => {
      const dashboard = new FakeDashboard([
        row("a/held", { schedule: null, nextDue: null, holder: { host: "host-2", pid: 81 } }),
        row("b/new", { health: "init", healthSince: null, phase: "stopped", lastStart: null, nextDue: null }),
        row("c/over", { phase: "stopped", schedule: null, nextDue: null }),
      ]);
      const page = await browser.open(await serve(dashboard));
      await eventually(
        () => textsOf(page, ".row .c-why"),
        (texts) => expect(texts).to.deep.equal(["held by host-2, pid 81", "not started", "completed or stopped"]),
      );
      expect(await textsOf(page, ".summary h2")).to.deep.equal(["None of 3 workers is failing"]);
    });

    it("says so if there are no workers, and if none matches", async () => {
      const empty = await browser.open(await serve(new FakeDashboard()));
      await empty.getByText("This runner has no workers yet").waitFor();
      const page = await browser.open(`${await serve(scenery())}?q=nothing-like-this`);
      await page.getByRole("button", { name: "Show all" }).click();
      await page.locator(".row").first().waitFor();
    });
  });

  describe("sends commands", () => {
    it("to one worker: trigger, pause with a reason, resume, restart", async () => {
      const dashboard = new FakeDashboard([row("github/commits"), row("github/events")]);
      const page = await browser.open(await serve(dashboard));
      await page.getByRole("link", { name: "github/commits" }).click();
      const panel = page.locator(".detail");
      await panel.getByRole("button", { name: "Trigger" }).click();
      await eventually(
        () => notices(page),
        (texts) => expect(texts).to.deep.equal(["Triggered github/commits"]),
      );

      await panel.getByRole("button", { name: "Pause" }).click();
      await page.locator("dialog").getByLabel("Reason").fill("maintenance & more");
      await page.locator("dialog").getByRole("button", { name: "Pause github/commits" }).click();
      await page.getByText("paused by the on-call engineer: maintenance & more").first().waitFor();

      await panel.getByRole("button", { name: "Resume" }).click();
      await panel.getByRole("button", { name: "Pause" }).waitFor();
      await panel.getByRole("button", { name: "Restart" }).click();
      await page.locator("dialog").getByRole("button", { name: "Restart github/commits" }).click();
      await eventually(
        () => dashboard.sent,
        (sent) =>
          expect(sent).to.deep.equal([
            { command: "trigger", workers: ["github/commits"], reason: null },
            { command: "pause", workers: ["github/commits"], reason: "maintenance & more" },
            { command: "resume", workers: ["github/commits"], reason: null },
            { command: "restart", workers: ["github/commits"], reason: null },
          ]),
      );
    });

    it("to all workers that match a pattern, confirmed with the number of those that get it", async () => {
      const dashboard = scenery();
      dashboard.set("reports/page", { schedule: null, servesDashboard: true });
      const page = await browser.open(await serve(dashboard));
      await page.getByRole("button", { name: "Command by pattern" }).click();
      const form = page.locator("dialog");
      await form.getByLabel("Pause").check();
      await form.getByLabel("Name pattern").fill("nothing/*");
      expect(await form.getByRole("button", { name: "Pause 0 workers" }).isDisabled()).to.equal(true);
      await form.getByLabel("Name pattern").fill("reports/*");
      await form.getByText("22 of 215 workers match").waitFor();
      await form.getByText("Left out: 1 stopped, 1 serving this page").waitFor();
      await form.getByLabel("Reason").fill("release");
      const paused = form.getByRole("button", { name: "Pause 20 workers" });
      await paused.waitFor();
      // Meanwhile, another one completes.
      dashboard.rows.set("reports/aggregate", row("reports/aggregate", { phase: "stopped" }));
      await paused.click();
      await eventually(
        () => notices(page),
        (texts) =>
          expect(texts).to.deep.equal([
            "Paused 20 workers",
            "Left out 2 workers, such as: reports/import cannot be changed: it has completed",
          ]),
      );
      expect(dashboard.sent[0]?.reason).to.equal("release");
    });

    it("and counts neither a continuous worker to trigger, nor a runner with its workers, nor one that has stopped", async () => {
      const dashboard = new FakeDashboard([
        row("shop", { schedule: null }),
        row("shop/sync", { runner: "shop" }),
        row("shop/listen", { runner: "shop", schedule: null }),
        row("shop/over", { runner: "shop", phase: "stopped" }),
      ]);
      const page = await browser.open(await serve(dashboard));
      await page.getByLabel("Select all workers that are listed").check();
      const form = page.locator("dialog");
      for (const [command, leftOut, button] of [
        ["Trigger", "Left out: 1 runner of the others, 1 continuous, 1 stopped", "Trigger shop/sync"],
        ["Pause", "Left out: 1 runner of the others, 1 stopped", "Pause 2 workers"],
        ["Restart", "Left out: 1 runner of the others", "Restart 3 workers"],
      ] as const) {
        await page.locator(".actions").getByRole("button", { name: command }).click();
        await form.getByText(leftOut, { exact: true }).waitFor();
        if (command === "Restart") await form.getByRole("button", { name: button }).click();
        else {
          await form.getByRole("button", { name: button }).waitFor();
          await form.getByRole("button", { name: "Cancel" }).click();
        }
      }
      await eventually(
        () => notices(page),
        (texts) => expect(texts).to.deep.equal(["Restarted 3 workers"]),
      );
      expect(dashboard.sent[0]?.workers).to.have.members(["shop/sync", "shop/listen", "shop/over"]);
    });

    it("to the workers that are selected, however many, and never to more than those", async () => {
      const many = Array.from({ length: 500 }, (_, index) => row(`group/a-worker-with-a-name-of-some-length-${index}`));
      const dashboard = new FakeDashboard([...many, row("group/*"), row("other/kept")]);
      const page = await browser.open(`${await serve(dashboard)}?q=group`);
      await page.getByLabel("Select all workers that are listed").check();
      await page.getByRole("button", { name: "Trigger" }).click();
      await page.locator("dialog").getByRole("button", { name: "Trigger 501 workers" }).click();
      await eventually(
        () => notices(page),
        (texts) => expect(texts).to.deep.equal(["Triggered 501 workers"]),
      );
      const workers = dashboard.sent.flatMap(({ workers }) => workers);
      expect(workers.length).to.equal(501);
      expect(new Set(workers).size).to.equal(501);
      expect(workers).to.not.include("other/kept");
    });

    it("and says why one was refused, or did not arrive", async () => {
      const dashboard = new FakeDashboard([row("a/over", { phase: "stopped" })]);
      const url = await dashboard.listen();
      const page = await browser.open(`${url}?worker=a/over`, {}, /409|ERR_/);
      await page.locator(".detail").getByRole("button", { name: "Trigger" }).click();
      await eventually(
        () => notices(page),
        (texts) => expect(texts).to.deep.equal(["a/over cannot be changed: it has completed"]),
      );
      await dashboard.close();
      await page.locator(".detail").getByRole("button", { name: "Trigger" }).click();
      await eventually(
        () => notices(page),
        (texts) => expect(texts[1]).to.match(/^The command was not sent/),
      );
    });

    it("and says that the viewer is signed out, and not that a command was sent, if the server redirects to a login", async () => {
      const dashboard = new FakeDashboard([row("a/one")]);
      const page = await browser.open(`${await serve(dashboard)}?worker=a/one`);
      await page.locator(".detail").getByRole("button", { name: "Trigger" }).waitFor();
      dashboard.isSignedOut = true;
      await page.locator(".detail").getByRole("button", { name: "Trigger" }).click();
      await eventually(
        () => notices(page),
        (texts) => expect(texts).to.deep.equal(["You are signed out: reload the page to sign in"]),
      );
      expect(dashboard.sent).to.deep.equal([]);
    });

    it("and has no buttons for those that the viewer has no right to", async () => {
      const dashboard = scenery();
      dashboard.rights = { trigger: true, pause: false, resume: false, restart: false };
      const page = await browser.open(`${await serve(dashboard)}?worker=mail/sync`);
      await page.locator(".detail .buttons").waitFor();
      expect(await textsOf(page, ".detail .buttons button")).to.deep.equal(["Trigger"]);
      await page.keyboard.press("p");
      expect(await page.locator("dialog").count()).to.equal(0);

      const looking = scenery();
      looking.rights = { trigger: false, pause: false, resume: false, restart: false };
      const viewer = await browser.open(`${await serve(looking)}?worker=mail/sync`);
      await viewer.locator(".facts").waitFor();
      expect(await viewer.locator(".detail .buttons button, .row input, .toolbar button").count()).to.equal(0);
      for (const key of "jxrp") await viewer.keyboard.press(key);
      expect(await viewer.locator("dialog").count()).to.equal(0);
      expect(looking.sent).to.deep.equal([]);
    });
  });

  describe("is live", () => {
    it("shows changes, new workers and removed ones", async () => {
      const dashboard = new FakeDashboard([row("a/one"), row("a/two")]);
      const page = await browser.open(await serve(dashboard));
      await eventually(
        () => names(page),
        (found) => expect(found).to.deep.equal(["a/one", "a/two"]),
      );
      dashboard.set("a/two", {
        health: "firing",
        healthSince: Date.now(),
        attempt: 1,
        phase: "backoff",
        lastError: "Error: no route",
      });
      await page.getByText("1 of 2 workers is failing").waitFor();
      expect(await names(page)).to.deep.equal(["a/two", "a/one"]);
      dashboard.set("a/three", {});
      dashboard.remove("a/one");
      await eventually(
        () => names(page),
        (found) => expect(found).to.deep.equal(["a/two", "a/three"]),
      );
    });

    it("adds runs to the strips", async () => {
      const dashboard = new FakeDashboard([row("a/one")]);
      const page = await browser.open(await serve(dashboard));
      const strip = page.locator(".row canvas");
      await eventually(
        () => strip.getAttribute("aria-label"),
        (label) => expect(label).to.contain("0 runs, 0 failed"),
      );
      dashboard.addRun({ worker: "a/one", start: Date.now() - 900, duration: 800, outcome: "failed", due: null });
      await eventually(
        () => strip.getAttribute("aria-label"),
        (label) => expect(label).to.contain("1 runs, 1 failed"),
      );
    });

    it("says when it last heard of a process that is gone, greys out, and connects again after a restart", async () => {
      const first = scenery();
      const url = await first.listen();
      const port = first.port;
      const page = await browser.open(url, {}, /ERR_|status of 5/);
      await page.getByText("Live", { exact: true }).waitFor();
      await first.close();
      await page.getByText(/^Last heard \d+\ss ago, reconnecting$/).waitFor();
      await page.locator(".app.stale").waitFor();

      const second = new FakeDashboard([row("after/restart")]);
      await second.listen(port);
      browser.cleanups.push(() => second.close());
      await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
      await eventually(
        () => names(page),
        (found) => expect(found).to.deep.equal(["after/restart"]),
      );
      expect(await page.locator(".app.stale").count()).to.equal(0);
    });

    it("notices a connection that was lost without an error", async () => {
      const dashboard = scenery();
      dashboard.beatEvery = 3_600_000;
      const page = await browser.open(await serve(dashboard));
      await page.getByText("Live", { exact: true }).waitFor();
      await page.getByText(/^Last heard \d+\ss ago/).waitFor({ timeout: 15_000 });
      await eventually(
        () => dashboard.opened,
        (opened) => expect(opened).to.be.above(1),
        15_000,
      );
      await page.getByText("Live", { exact: true }).waitFor();
    });

    it("does not stream while the tab is hidden", async () => {
      const dashboard = scenery();
      const page = await browser.open(await serve(dashboard));
      await page.locator(".row").first().waitFor();
      const become = (state: string): Promise<void> =>
        page.evaluate((state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }, state);
      expect(dashboard.streams.size).to.equal(1);
      await become("hidden");
      await eventually(
        () => dashboard.streams.size,
        (size) => expect(size).to.equal(0),
      );
      await become("visible");
      await eventually(
        () => dashboard.streams.size,
        (size) => expect(size).to.equal(1),
      );
      await page.getByText("Live", { exact: true }).waitFor();
    });
  });

  describe("shows one worker", () => {
    it("with its errors, its runs and a chart, which is loaded only then", async () => {
      const page = await browser.open(await serve(scenery()));
      const loaded: string[] = [];
      page.on("request", (request) => loaded.push(request.url()));
      await page.locator(".row").first().waitFor();
      expect(loaded.filter((url) => url.includes("chart"))).to.deep.equal([]);
      await page.getByRole("link", { name: "billing/send-reminders" }).click();
      await page.locator(".chart canvas").waitFor();
      expect(loaded.filter((url) => url.includes("chart")).length).to.equal(1);
      expect((await textsOf(page, ".detail .error summary"))[0]).to.match(
        /^Error: connect ECONNREFUSED .* 3 times, last \d+ s ago/,
      );
      const stack = await textsOf(page, ".detail .error[open] pre > span");
      expect(stack[0]).to.contain("InvoiceStore.unpaid");
      expect(stack[2]).to.contain("TCPConnectWrap");
      expect(await page.locator(".runs tbody tr").count()).to.be.above(40);
      await page.goBack();
      await page.locator(".detail").waitFor({ state: "detached" });
    });

    it("copies an error, also without navigator.clipboard", async () => {
      const page = await browser.open(`${await serve(scenery())}?worker=billing/send-reminders`);
      await page.evaluate(() => {
        Object.defineProperty(navigator, "clipboard", { value: undefined });
        document.addEventListener("copy", () => {
          const { activeElement } = document;
          document.title = activeElement instanceof HTMLTextAreaElement ? `copied ${activeElement.value.slice(0, 20)}` : "";
        });
      });
      await page.locator(".stack button").first().click();
      await page.getByText("Copied").waitFor();
      expect(await page.title()).to.equal("copied Error: connect ECONN");
    });

    it("says so if there is no such worker", async () => {
      const page = await browser.open(`${await serve(scenery())}?worker=nothing`, {}, /404/);
      await page.getByText("There is no such worker").waitFor();
    });
  });

  it("keeps filter, sort, group, time zone and worker in its URL", async () => {
    const url = await serve(scenery());
    const page = await browser.open(url);
    await page.getByLabel("Filter", { exact: true }).fill("mail/*");
    await page.getByRole("button", { name: "Worker", exact: true }).click();
    await page.getByRole("button", { name: "Worker ↑" }).click();
    await page.getByLabel("Time zone of the times").selectOption("utc");
    await page.getByRole("button", { name: /^waiting/ }).click();
    expect(new URL(page.url()).search).to.equal("?q=mail%2F*&show=waiting&sort=-name&tz=utc");
    const before = await names(page);
    expect(before[0]).to.equal("mail/watch-events-2");

    const other = await browser.open(page.url());
    await eventually(
      () => names(other),
      (found) => expect(found).to.deep.equal(before),
    );
    await page.goto(url);
    await page.locator(".node").getByRole("button", { name: "github", exact: true }).click();
    expect(new URL(page.url()).search).to.equal("?runner=&group=github");
    await eventually(
      () => names(page),
      (found) => expect(found.every((name) => name.startsWith("github/"))).to.equal(true),
    );
  });

  it("shows local, UTC and schedule time", async () => {
    const at = Date.UTC(2026, 0, 15, 2, 0, 0);
    const dashboard = new FakeDashboard([row("a/one", { schedule: "0 3 * * * (Europe/Berlin)", lastStart: at })]);
    dashboard.set("b/without", { schedule: "0 11 * * *", lastStart: at });
    dashboard.timeZone = "Asia/Tokyo";
    const page = await browser.open(await serve(dashboard), { timezoneId: "America/New_York" });
    const cell = async (): Promise<string> => (await textsOf(page, ".c-last small"))[0] ?? "";
    await eventually(cell, (text) => expect(text).to.match(/14 Jan,? 21:00:00$/));
    await page.getByLabel("Time zone of the times").selectOption("utc");
    await eventually(cell, (text) => expect(text).to.match(/15 Jan,? 02:00:00$/));
    await page.getByLabel("Time zone of the times").selectOption("schedule");
    await eventually(cell, (text) => expect(text).to.match(/15 Jan,? 03:00:00$/));
    // Without a zone of its own, a schedule is in the time zone of the process.
    expect((await textsOf(page, ".c-last small"))[1]).to.match(/15 Jan,? 11:00:00$/);
  });

  it("shows names and errors as text alone, with control characters visible", async () => {
    const evil = '<img src=x onerror="document.title=1">/a"b\'c&d %2f..\\ é😀\n\u202ex';
    const dashboard = new FakeDashboard([
      row(evil, {
        health: "firing",
        attempt: 2,
        phase: "backoff",
        lastError: "Error: \u001b[31mred\u001b[0m <script>alert(1)</script>",
      }),
    ]);
    dashboard.details.set(evil, {
      runs: [],
      missed: [],
      planned: [],
      errors: [{ at: Date.now(), count: 1, text: "Error: \u001b[31mred <b>bold</b>\n    at <script>x (\u0007)" }],
    });
    const page = await browser.open(await serve(dashboard));
    await eventually(
      () => names(page),
      (found) => expect(found).to.deep.equal(['<img src=x onerror="document.title=1">/a"b\'c&d %2f..\\ é😀␊\\u202ex']),
    );
    expect(await textsOf(page, ".row .c-why")).to.deep.equal([
      "backoff, second failure in a row, again in 40 s: ␛[31mred␛[0m <script>alert(1)</script>".replace(
        "40",
        /in (\d+)/.exec((await textsOf(page, ".row .c-why"))[0] ?? "")?.[1] ?? "",
      ),
    ]);
    await page.locator(".row a").click();
    await page.locator(".error .message").getByText("Error: ␛[31mred <b>bold</b>").waitFor();
    expect((await textsOf(page, ".error pre"))[0]).to.equal("at <script>x (␇)");
    await page.locator(".detail").getByRole("button", { name: "Trigger" }).click();
    await eventually(
      () => dashboard.sent.length,
      (length) => expect(length).to.equal(1),
    );
    expect(dashboard.sent[0]?.workers).to.deep.equal([evil]);
    expect(await page.locator("img, script:not([src]), b:has-text('bold')").count()).to.equal(0);
    expect(await page.title()).to.equal("(1) watchbill · billing-7f9c");
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has no serious finding of axe-core in ${colorScheme} colours`, async () => {
      const page = await browser.open(await serve(scenery()), { colorScheme });
      await page.locator(".row").first().waitFor();
      await page.evaluate(axe.source);
      const findings: string[] = [];
      const check = async (place: string): Promise<void> => {
        const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
        for (const { id, impact, nodes } of violations)
          if (impact === "serious" || impact === "critical")
            findings.push(`${place}: ${id} ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
      };
      await check("list");
      await page.getByRole("link", { name: "billing/send-reminders" }).click();
      await page.locator(".chart canvas").waitFor();
      await page.keyboard.press("x");
      await check("details");
      await page.keyboard.press("?");
      await check("help");
      await page.keyboard.press("Escape");
      await page.keyboard.press("p");
      await check("pause");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Clear" }).click();
      await page.getByRole("button", { name: "Command by pattern" }).click();
      await check("pattern");
      expect(findings).to.deep.equal([]);
    });
  }

  it("switches between dark and light, and remembers it", async () => {
    const page = await browser.open(await serve(scenery()), { colorScheme: "light" });
    const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    const button = page.getByTitle("Switch the colours");
    await button.click();
    expect(await background()).to.equal(light);
    await button.click();
    expect(await background()).to.not.equal(light);
    await page.reload();
    await page.locator(".row").first().waitFor();
    expect(await background()).to.not.equal(light);
  });

  it("can be used with the keyboard alone", async () => {
    const dashboard = scenery();
    const page = await browser.open(await serve(dashboard));
    await page.locator(".row").first().waitFor();
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press("?");
    await page.getByRole("heading", { name: "Keyboard" }).waitFor();
    await press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await press("/");
    await page.keyboard.type("mail/");
    await eventually(
      () => names(page),
      (found) => expect(found[0]).to.equal("mail/sync"),
    );
    // Leaves the filter as it is, and moves to the first row.
    await press("Enter", "j", "k", "x", "j", "x");
    await page.getByText("2 selected").waitFor();
    await press("r");
    await page.locator("dialog").getByRole("button", { name: "Trigger 2 workers" }).waitFor();
    await page.keyboard.type("by keyboard");
    await press("Enter");
    await eventually(
      () => dashboard.sent.length,
      (length) => expect(length).to.equal(1),
    );
    expect(dashboard.sent[0]).to.deep.include({ command: "trigger", reason: "by keyboard" });
    // While the dialog is open, Escape closes it, and keeps the selection.
    await page.locator("dialog").waitFor({ state: "detached" });
    await press("Escape");
    await page.getByText("2 selected").waitFor({ state: "detached" });
    await press("k", "p");
    await eventually(
      () => dashboard.sent[1]?.command,
      (command) => expect(command).to.equal("resume"),
    );
    expect(dashboard.sent[1]?.workers).to.deep.equal(["mail/sync"]);
    await press("j", "Enter");
    await page.locator(".detail").waitFor();
    await press("Escape");
    await page.locator(".detail").waitFor({ state: "detached" });
    // Every control can be reached, and what is focused is visible.
    await page.reload();
    await page.locator(".row").first().waitFor();
    const seen = new Set<string>();
    for (let index = 0; index < 60; index++) {
      await press("Tab");
      seen.add(await page.evaluate(() => document.activeElement?.closest("header, section, nav")?.className ?? ""));
    }
    expect([...seen]).to.include.members(["top", "summary", "side", "main"]);
  });

  it("opens the row that a key has moved to, also within one frame", async () => {
    const page = await browser.open(await serve(scenery()));
    await page.locator(".row").first().waitFor();
    const sorted = await names(page);
    const press = (...keys: string[]): Promise<void> =>
      page.evaluate((keys) => {
        for (const key of keys) document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      }, keys);
    const opened = page.locator(".detail h2");
    for (const [keys, index] of [
      [["j", "Enter"], 0],
      [["j", "j", "Enter"], 2],
      [["k", "Enter"], 1],
    ] as const) {
      await press(...keys);
      await eventually(
        () => opened.textContent(),
        (name) => expect(name).to.equal(sorted[index]),
      );
      await press("Escape");
      await opened.waitFor({ state: "detached" });
    }
    // Not what had the focus before.
    await page.getByRole("button", { name: /^waiting/ }).focus();
    await press("j", "Enter");
    await eventually(
      () => opened.textContent(),
      (name) => expect(name).to.equal(sorted[2]),
    );
    expect(new URL(page.url()).search).to.equal(`?worker=${encodeURIComponent(sorted[2] ?? "")}`);
    // A button is still pressed by Enter.
    await page.getByRole("button", { name: "Close the worker" }).focus();
    await page.keyboard.press("Enter");
    await opened.waitFor({ state: "detached" });
  });

  it("fits a phone of 375 px without horizontal scrolling", async () => {
    const dashboard = scenery();
    dashboard.set(`group/${"a-long-name-without-any-space".repeat(6)}`, {
      health: "firing",
      lastError: "E".repeat(400),
      attempt: 1,
    });
    const page = await browser.open(await serve(dashboard), { viewport: { width: 375, height: 740 }, hasTouch: true });
    await page.locator(".row").first().waitFor();
    const widest = (): Promise<number> =>
      page.evaluate(() => {
        const scrollers = [document.documentElement, ...document.querySelectorAll(".list, .detail, .tree, dialog, main")];
        return Math.max(...scrollers.map((element) => (element.scrollWidth > element.clientWidth ? element.scrollWidth : 0)));
      });
    expect(await widest()).to.equal(0);
    await page.getByRole("button", { name: "Groups" }).click();
    expect(await widest()).to.equal(0);
    await page.getByRole("button", { name: "Groups" }).click();
    await page.getByRole("button", { name: "pattern" }).click();
    expect(await widest()).to.equal(0);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("link", { name: /a-long-name/ }).click();
    await page.locator(".facts").waitFor();
    expect(await widest()).to.equal(0);
    await page.getByRole("button", { name: "Close the worker" }).click();
    await page.getByRole("link", { name: "billing/send-reminders" }).click();
    await page.locator(".chart canvas").waitFor();
    expect(await widest()).to.equal(0);
  });

  it("reuses the elements of rows that have left the view, except for the one with the focus", async () => {
    const page = await browser.open(await serve(scenery()));
    await page.locator(".row a").nth(3).focus();
    const { created, focused, before } = await page.evaluate(async () => {
      const list = document.querySelector(".list");
      const known = new Set(document.querySelectorAll(".row"));
      const before = document.activeElement?.textContent;
      for (const top of [2_000, 4_000, 6_000]) {
        list?.scrollTo(0, top);
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      }
      const created = [...document.querySelectorAll(".row")].filter((row) => !known.has(row)).length;
      return { created, focused: document.activeElement?.tagName, before };
    });
    // At the top, there are fewer rows beyond the view.
    expect(created).to.be.at.most(7);
    expect(before).to.equal("mail/sync");
    expect(focused).to.equal("BODY");
    // In the order of the list, also for those who do not see it.
    const indexes = await page
      .locator(".row")
      .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("aria-rowindex"))));
    expect(indexes).to.deep.equal(indexes.toSorted((a, b) => a - b));
    await page.locator(".list").evaluate((list) => list.scrollTo(0, 0));
    await eventually(
      () => names(page),
      (found) => expect(found.slice(0, 2)).to.deep.equal(["billing/send-reminders", "webhooks/retry-failed"]),
    );
  });

  it("takes less than 100 ms for each frame, with 10,000 workers and 1,000 runs a second", async function () {
    this.timeout(120_000);
    const dashboard = scenery({ count: 10_000 });
    const all = [...dashboard.rows.keys()];
    let next = 0;
    const timer = setInterval(() => {
      const now = Date.now();
      for (let index = 0; index < 50; index++) {
        const name = all[(next += 7) % all.length] ?? "";
        const { runs = 0 } = dashboard.rows.get(name) ?? {};
        dashboard.set(name, { runs: runs + 1, lastStart: now - 20, lastDuration: 20, lastSuccess: now });
        dashboard.addRun({ worker: name, start: now - 20, duration: 20, outcome: "done", due: null });
      }
    }, 50);
    browser.cleanups.unshift(async () => clearInterval(timer));
    const page = await browser.open("about:blank");
    const url = await serve(dashboard);
    let gaps: number[] = [];
    const cpu = await cpuTimeOfFrames(page, async () => {
      await page.goto(url);
      await page.getByText("3 of 10,000 workers are failing").waitFor({ timeout: 30_000 });
      expect(await page.locator(".row").count()).to.be.below(60);
      gaps = await page.evaluate(async () => {
        const list = document.querySelector(".list");
        const gaps: number[] = [];
        let last = await new Promise<number>(requestAnimationFrame);
        const end = last + 6_000;
        while (last < end && list !== null) {
          list.scrollTop = (list.scrollTop + 240) % (list.scrollHeight - list.clientHeight);
          const time = await new Promise<number>(requestAnimationFrame);
          gaps.push(time - last);
          last = time;
        }
        return gaps;
      });
    });
    const figures = (times: readonly number[]): string => {
      const average = times.reduce((sum, time) => sum + time, 0) / times.length;
      const [most, longest] = [percentile(times, 0.99), Math.max(...times)];
      return `${average.toFixed(0)} ms on average, 99 of 100 within ${most.toFixed(0)} ms, the longest ${longest.toFixed(0)} ms`;
    };
    console.log(`      ${cpu.length} frames with the snapshot, CPU time: ${figures(cpu)}`);
    console.log(`      ${gaps.length} frames while scrolling, on this machine with what else it does: ${figures(gaps)}`);
    expect(gaps.length).to.be.above(20);
    expect(cpu.length).to.be.at.least(gaps.length);
    expect(Math.max(...cpu)).to.be.below(100);
    expect(percentile(cpu, 0.99)).to.be.below(50);
    await eventually(
      () => names(page),
      (found) => expect(found.length).to.be.above(10),
    );
  });
});

function percentile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(share * times.length)] ?? Number.NaN;
}
