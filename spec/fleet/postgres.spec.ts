import { startPostgres } from "../../samples/fleet/postgres-server.js";
import { describeRealFleet } from "./real-fleet.fixture.js";

describeRealFleet("Postgres", startPostgres);
