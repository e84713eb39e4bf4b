import { describeRealFleet } from "./real-fleet.fixture.js";
import { redis } from "./redis-server.fixture.js";

describeRealFleet(redis);
