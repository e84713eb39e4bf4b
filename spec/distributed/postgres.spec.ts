import { postgres } from "./postgres-server.fixture.js";
import { describeRealFleet } from "./real-fleet.fixture.js";

describeRealFleet(postgres);
