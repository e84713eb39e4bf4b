import { describeRealFleet } from "./real-fleet.fixture.js";
import { hasRedis, startRedis } from "./redis-server.fixture.js";

if (hasRedis()) {
  describeRealFleet("Redis", startRedis);
} else {
  describe("a fleet over Redis", () => {
    it("is tested with the redis-server on the PATH, or the one at REDIS_URL", function () {
      if (process.env.CI !== undefined) throw new Error("There is no Redis: install redis-server");
      console.warn("        SKIPPED, ALL OF IT: there is no redis-server on the PATH, and no REDIS_URL");
      this.skip();
    });
  });
}
