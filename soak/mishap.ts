import type { Page } from "./page.js";

/** The failure of a run that was to fail. */
export class Mishap extends Error {
  /** Of the worker whose it is. */
  readonly page: Page;

  constructor(page: Page) {
    super(`${page.name} was to fail`);
    this.page = page;
  }
}
