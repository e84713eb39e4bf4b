// Prints the options that c8 is given for what can be tested on this machine: without one of the servers, nothing is demanded of `lib/bullmq`.
import { postgres } from "./fleet/postgres-server.fixture.js";
import { redis } from "./fleet/redis-server.fixture.js";

const absences = await Promise.all([postgres, redis].map((kind) => kind.absence()));
for (const absence of absences) if (absence !== undefined) console.error(`Coverage leaves out lib/bullmq: ${absence}`);
if (absences.some((absence) => absence !== undefined)) console.log("--exclude=lib/bullmq");
