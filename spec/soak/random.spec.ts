import { expect } from "chai";
import { Random, times } from "../../soak/random.js";

const draw = (random: Random): number[] => Array.from({ length: 20 }, () => random.int(0, 1_000));

describe("The randomness of the soak", () => {
  it("yields the same values for the same seed, and other values for another", () => {
    expect(draw(new Random(1))).to.deep.equal(draw(new Random(1)));
    expect(draw(new Random(1))).to.not.deep.equal(draw(new Random(2)));
  });

  it("has forks whose values do not depend on when they are drawn", () => {
    const [early, late] = [new Random(1), new Random(1)];
    const [first, second] = [early.fork(), late.fork()];
    draw(late);
    expect(draw(first)).to.deep.equal(draw(second));
    expect(draw(first)).to.not.deep.equal(draw(early.fork()));
  });

  it("picks in proportion to the weights, and never a choice without weight", () => {
    const random = new Random(3);
    const choices = [times(9, "often"), times(0, "never"), times(1, "seldom")];
    const picked = Array.from({ length: 1_000 }, () => random.pick<string>(choices));
    expect(picked.filter((choice) => choice === "seldom").length).to.be.within(60, 140);
    expect(picked).to.not.include("never");
  });

  it("refuses to pick from an empty list", () => {
    expect(() => new Random(1).pick([])).to.throw(RangeError, "there is nothing to choose from");
    expect(() => new Random(1).oneOf([])).to.throw(RangeError, "there is nothing to choose from");
  });
});
