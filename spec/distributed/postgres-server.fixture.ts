import { startPostgres } from "../../samples/fleet/postgres-server.js";
import { ServerKind } from "./fleet-server.fixture.js";

/** The Postgres that comes from npm. */
export const postgres = new ServerKind("Postgres", () => startPostgres());
