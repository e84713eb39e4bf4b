import { existsSync } from "node:fs";
import { expect } from "chai";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
// @ts-expect-error: a script without types.
import { buildPage } from "../../../scripts/build-page.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/**
 * A browser for the specs of a suite. Without chromium, they are skipped with one line, or fail if CI is set. After each of them,
 * no page may have reported an error or a violation of the content security policy.
 */
export class SpecBrowser {
  readonly problems: string[] = [];
  #browser: Browser | undefined;
  #pages: Page[] = [];
  /** Called after each spec: closes servers, for example. */
  readonly cleanups: (() => Promise<void>)[] = [];

  use(): void {
    const launch = async (): Promise<void> => {
      await buildPage();
      const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
      this.#browser = await chromium.launch({ executablePath, args });
    };
    before(async function () {
      if (!existsSync(executablePath)) {
        const line = `there is no chromium at ${executablePath}: install it, or set CHROMIUM`;
        if (process.env.CI) throw new Error(line);
        console.warn(`    SKIPPED: the specs of the page need a browser, and ${line}`);
        this.skip();
      }
      await launch();
    });
    afterEach(async () => {
      await Promise.all(this.#pages.splice(0).map((page) => page.context().close()));
      for (const cleanup of this.cleanups.splice(0)) await cleanup();
      expect(this.problems.splice(0)).to.deep.equal([]);
    });
    after(() => this.#browser?.close());
  }

  /** Opens a page. Its errors are problems, unless they are what `isExpected` says. */
  async open(url: string, options: BrowserContextOptions = {}, isExpected: RegExp = /^$/): Promise<Page> {
    if (this.#browser === undefined) throw new Error("the browser has not been started");
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    this.#pages.push(page);
    page.setDefaultTimeout(10_000);
    page.on("pageerror", ({ message }) => this.problems.push(message));
    // Violations of the policy are errors in the console, too.
    page.on("console", (message) => {
      if (message.type() === "error" && !isExpected.test(message.text())) this.problems.push(message.text());
    });
    await page.goto(url);
    return page;
  }
}

/** Waits until a value is what it is to be, and fails with the last value otherwise. */
export async function eventually<T>(read: () => T | Promise<T>, check: (value: T) => void, limit = 10_000): Promise<void> {
  const deadline = performance.now() + limit;
  for (;;) {
    try {
      check(await read());
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

/** The text of all that a selector finds, with plain spaces. */
export async function textsOf(page: Page, selector: string): Promise<string[]> {
  const texts = await page.locator(selector).allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, " ").trim());
}
