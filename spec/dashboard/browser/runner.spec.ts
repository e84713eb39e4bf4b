import { expect } from "chai";
import { DeclarativeWorker, StaticBackoff } from "watchbill";
import { job, Served } from "../served.fixture.js";
import { eventually, SpecBrowser, textsOf } from "./browser.fixture.js";

describe("the page of the dashboard, for a real runner", function () {
  this.timeout(60_000);
  const browser = new SpecBrowser();
  browser.use();
  afterEach(() => Served.stopAll());

  it("triggers, pauses, resumes and restarts, and shows what the runner did", async () => {
    let runs = 0;
    const served = await Served.start([job("github/commits", () => runs++), job("github/events"), job("mail/send")]);
    const page = await browser.open(served.url);
    const statusOf = (name: string) => served.runner.status().find((status) => status.name === name);
    await page.getByRole("link", { name: "github/commits" }).click();
    const panel = page.locator(".detail");
    await panel.locator(".facts").waitFor();
    const before = runs;
    await panel.getByRole("button", { name: "Trigger" }).click();
    await eventually(
      () => runs,
      (now) => expect(now).to.equal(before + 1),
    );
    await panel.locator(".runs tbody tr").first().waitFor();
    await eventually(
      () => textsOf(page, ".runs .outcome"),
      (texts) => expect(texts[0]).to.equal("done · command"),
    );

    await panel.getByRole("button", { name: "Pause" }).click();
    await page.locator("dialog").getByLabel("Reason").fill("maintenance");
    await page.locator("dialog").getByRole("button", { name: "Pause github/commits" }).click();
    await page.getByText("paused by dashboard: maintenance").first().waitFor();
    expect(statusOf("github/commits")?.pause?.reason).to.equal("maintenance");

    await panel.getByRole("button", { name: "Resume" }).click();
    await eventually(
      () => statusOf("github/commits")?.phase,
      (phase) => expect(phase).to.equal("waiting"),
    );
    await panel.getByRole("button", { name: "Restart" }).click();
    await page.locator("dialog").getByRole("button", { name: "Restart github/commits" }).click();
    await eventually(
      () => runs,
      (now) => expect(now).to.be.above(before),
    );

    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Command by pattern" }).click();
    await page.locator("dialog").getByLabel("Pause").check();
    await page.locator("dialog").getByLabel("Name pattern").fill("github/*");
    await page.locator("dialog").getByRole("button", { name: "Pause 2 workers" }).click();
    await eventually(
      () => served.runner.status().filter(({ phase }) => phase === "paused"),
      (paused) => expect(paused.map(({ name }) => name)).to.deep.equal(["github/commits", "github/events"]),
    );
  });

  it("shows and controls workers with names that no path can have, or that look like a pattern", async () => {
    const names = [".", "..", "a/*", "a/b", "%2e", "/"];
    const runs: string[] = [];
    const served = await Served.start(names.map((name) => job(name, () => runs.push(name))));
    const page = await browser.open(served.url);
    await page.locator(".row").first().waitFor();
    for (const name of names) {
      await page.getByRole("link", { name, exact: true }).click();
      const panel = page.locator(`.detail[aria-label="Worker ${name}"]`);
      await panel.getByText("It has not run yet since the history is kept.").waitFor();
      await panel.getByRole("button", { name: "Trigger" }).click();
      await panel.locator(".runs tbody tr").first().waitFor();
      await panel.getByRole("button", { name: "Pause" }).click();
      await page
        .locator("dialog")
        .getByRole("button", { name: `Pause ${name}` })
        .click();
      await eventually(
        () => served.runner.status([name])[0]?.phase,
        (phase) => expect(phase).to.equal("paused"),
      );
    }
    expect(runs).to.deep.equal(names);
  });

  it("says why a worker fails, with its stack", async () => {
    const failing = new DeclarativeWorker({
      name: "github/commits",
      job: () => {
        throw new Error("ECONNREFUSED \u001b[31m<b>", { cause: new Error("the database is away") });
      },
      repeat: "1h",
      retryJob: new StaticBackoff({ sleep: "30s" }),
    });
    const served = await Served.start([failing, job("mail/send")]);
    // Settles with the last attempt.
    served.runner.trigger("github/commits").catch(() => {});
    const page = await browser.open(served.url);
    await page.getByText(/^1 of 3 workers is failing, since \d\d:\d\d$/).waitFor();
    expect((await textsOf(page, ".row .c-why"))[0]).to.match(/^backoff, first failure, again in \d+ s: ECONNREFUSED ␛\[31m<b>$/);
    await page.locator(".row a").first().click();
    await page.locator(".error pre").waitFor();
    expect((await textsOf(page, ".error pre"))[0]).to.contain("the database is away");
  });

  it("shows what the viewer may see alone, and says so if access ends", async () => {
    let access: "look" | undefined = "look";
    const served = await Served.start([job("mail/send")], { authorize: () => access });
    const page = await browser.open(served.url, {}, /403|ERR_/);
    await page.locator(".row").first().waitFor();
    expect(await page.locator(".row input, .toolbar button").count()).to.equal(0);
    access = undefined;
    const { port } = new URL(served.url);
    await served.stop();
    const again = await Served.start([job("mail/send")], { authorize: () => access }, { port: Number(port) });
    await page.getByText(/access was refused \(403\)/).waitFor({ timeout: 20_000 });
    access = "look";
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
    await again.stop();
  });

  it("connects again after the process has restarted", async () => {
    const first = await Served.start([job("before/restart")]);
    const { port } = new URL(first.url);
    const page = await browser.open(first.url, {}, /ERR_/);
    await page.getByRole("link", { name: "before/restart" }).waitFor();
    await first.stop();
    await page.locator(".app.stale").waitFor();
    await page.getByText(/^Last heard \d+\ss ago/).waitFor();
    await Served.start([job("after/restart")], {}, { port: Number(port) });
    await page.getByRole("link", { name: "after/restart" }).waitFor({ timeout: 20_000 });
    expect(await page.locator(".app.stale").count()).to.equal(0);
  });

  it("works with a token, which leaves the address bar", async () => {
    const served = await Served.start([job("mail/send")], { token: "a-token-of-some-length" });
    const page = await browser.open(`${served.url}?token=a-token-of-some-length`);
    await page.getByRole("link", { name: "mail/send" }).waitFor();
    expect(page.url()).to.equal(served.url);
  });
});
