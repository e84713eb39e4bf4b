// Prints options of c8 for what can be tested on this machine. If one of the servers is missing, coverage leaves out `lib/bullmq`.
import { postgres } from "./distributed/postgres-server.fixture.js";
import { redis } from "./distributed/redis-server.fixture.js";

const absences = await Promise.all([postgres, redis].map((kind) => kind.absence()));
for (const absence of absences) if (absence !== undefined) console.error(`Coverage leaves out lib/bullmq: ${absence}`);
if (absences.some((absence) => absence !== undefined)) console.log("--exclude=lib/bullmq");
