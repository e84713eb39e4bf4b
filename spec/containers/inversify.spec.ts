import { expect } from "chai";
import { Container, inject, injectable } from "inversify";
import { expectSingleton, missingProvider, Prices, Shop } from "./shop.fixture.js";

// As @inject(Prices) on the parameter, which is not a standard decorator, and @injectable() on the class.
inject(Prices)(Shop, undefined, 0);
Reflect.apply(injectable(), undefined, [Shop]);

describe("inversify 8", () => {
  it("injects the constructor of a source, which is a singleton of the container", async () => {
    const container = new Container({ defaultScope: "Singleton" });
    container.bind(Prices).toSelf();
    container.bind(Shop).toSelf();
    await expectSingleton(
      (type) => container.get(type),
      () => container.get(Shop),
    );
  });

  it("has its error for a missing provider in that of bootstrap, with the name of the class", () => {
    const container = new Container();
    container.bind(Shop).toSelf();
    const error = missingProvider((type) => container.get(type));
    expect(error.problems).to.have.length(1);
    expect(error.problems[0]).to.match(/^Shop: Error: No bindings found for service: "Prices"/);
    expect(error.cause).to.be.instanceOf(Error).with.property("message").that.includes('bindings for "Shop');
  });
});
