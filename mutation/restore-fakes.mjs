// A mutant may fail a hook that would have restored the fake timers and the stubs of a spec. The mutants after it run in the same
// process: without this, every spec with fake timers would fail for each of them, and they would count as killed.
import { mock } from "node:test";
import sinon from "sinon";

export const mochaHooks = {
  beforeAll() {
    sinon.restore();
    globalThis.setTimeout.clock?.uninstall();
    mock.reset();
    mock.timers.reset();
  },
};
