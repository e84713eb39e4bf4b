import { expect } from "chai";
import { Faults } from "../../soak/faults.js";
import { Ledger } from "../../soak/ledger.js";
import { Page } from "../../soak/page.js";

describe("A page of the soak's ledger", () => {
  let faults: Faults;
  let clock: { now: number; turn: number };
  let ledger: Ledger;
  let page: Page;

  beforeEach(() => {
    faults = new Faults();
    clock = { now: 0, turn: 0 };
    ledger = new Ledger(clock, faults);
    page = new Page("job", ledger);
  });

  it("finds nothing wrong with runs that come one after the other", () => {
    page.begin("job");
    page.end("ended");
    page.begin("job");
    page.end("failed");
    expect(faults.count).to.equal(0);
    expect(page).to.include({ runs: 2, failures: 1 });
  });

  it("finds a run that begins while another is under way", () => {
    page.begin("job");
    page.begin("job");
    expect(faults.of("no overlap")).to.deep.equal({ count: 1, first: ["job: a run began while another was under way"] });
  });

  it("finds a run of one that is held", () => {
    page.isHeld = true;
    page.begin("job");
    expect(faults.of("paused is paused")).to.deep.equal({ count: 1, first: ["job: a run began while it was paused"] });
  });

  it("counts from nought in a new term, but goes on with the total", () => {
    page.begin("job");
    page.end("unsure");
    page.newTerm();
    page.begin("job");
    page.end("failed");
    expect(page).to.include({ runs: 1, failures: 1, unsure: 0, total: 2, failed: 1 });
  });

  it("is done until it is run again", () => {
    page.begin("job");
    page.end("done");
    expect(page.isDone).to.equal(true);
    page.begin("job");
    expect(page.isDone).to.equal(false);
  });

  it("has a run known to the ledger while it is under way, and for a turn of the event loop after that", () => {
    page.begin("ship/job");
    expect(ledger.runsOf("ship/job")).to.equal(true);
    page.end("ended");
    clock.turn = 1;
    expect(ledger.runsOf("ship/job")).to.equal(true);
    clock.turn = 2;
    expect(ledger.runsOf("ship/job")).to.equal(false);
    expect(ledger.runsOf("another")).to.equal(false);
  });
});
