import { expect } from "chai";
import { Chance } from "../../soak/chance.js";

const choices = (chance: Chance): number[] => Array.from({ length: 20 }, () => chance.int(0, 1_000));

describe("The soak's chance", () => {
  it("chooses the same for the same seed, and something else for another", () => {
    expect(choices(new Chance(1))).to.deep.equal(choices(new Chance(1)));
    expect(choices(new Chance(1))).to.not.deep.equal(choices(new Chance(2)));
  });

  it("has forks whose choices do not depend on when they are made", () => {
    const [early, late] = [new Chance(1), new Chance(1)];
    const [first, second] = [early.fork(), late.fork()];
    choices(late);
    expect(choices(first)).to.deep.equal(choices(second));
    expect(choices(first)).to.not.deep.equal(choices(early.fork()));
  });

  it("picks in proportion, and never what has no weight", () => {
    const chance = new Chance(3);
    const picked = Array.from({ length: 1_000 }, () =>
      chance.pick<string>([
        ["often", 9],
        ["never", 0],
        ["seldom", 1],
      ]),
    );
    expect(picked.filter((choice) => choice === "seldom").length).to.be.within(60, 140);
    expect(picked).to.not.include("never");
  });

  it("has nothing to choose where there is nothing", () => {
    expect(() => new Chance(1).pick([])).to.throw(RangeError, "There is nothing to choose from");
    expect(() => new Chance(1).oneOf([])).to.throw(RangeError, "There is nothing to choose from");
  });
});
