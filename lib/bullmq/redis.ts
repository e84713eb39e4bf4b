import { type ConnectionOptions, createRedisBackend, isRedisInstance, type RedisClient, type RedisQueueBackend } from "bullmq";
import { FleetError } from "../errors/fleet-error.js";
import { readArray, readProperty } from "../errors/read-value.js";
import type { Database, JobState, JobSummary, QueueSnapshot } from "./database.js";
import { DatabaseClock } from "./database-clock.js";

/**
 * Redis, with a reference to each client. BullMQ reconnects a blocking client that has ended, possibly while its worker closes:
 * such a client would keep the process alive. And BullMQ's own `disconnect` would also end a client of the user.
 */
export function redis(connection: ConnectionOptions): Database<ConnectionOptions> {
  const isOwn = !isRedisInstance(connection);
  const clock = new DatabaseClock();
  const clients = new Set<RedisClient>();
  let reader: RedisQueueBackend | undefined;
  let checked: Promise<void> | undefined;
  let hasEnded = false;

  const track = (connected: Promise<RedisClient> | undefined): void => {
    connected?.then(
      (client) => {
        clients.add(client);
        // BullMQ may reconnect it at any time.
        client.on("connect", () => {
          if (hasEnded) client.disconnect();
        });
        if (hasEnded) client.disconnect();
      },
      // It has never connected: `ready` of the queue rejects with the error.
      () => {},
    );
  };

  return {
    connection,
    clock,
    isCoarse: true,
    create(...args) {
      const backend = createRedisBackend(...args);
      track(backend.blockingClient);
      if (isOwn) track(backend.client);
      reader ??= backend;
      const execute = backend.execCommand.bind(backend);
      // The time until which a job is delayed is on the database's clock already.
      backend.execCommand = (client, name, values) =>
        execute(client, name, name === "moveToDelayed" ? values : clock.stamp(values));
      return backend;
    },
    async read() {
      const backend = reader;
      if (backend === undefined) throw new FleetError("No queue has been opened");
      await (checked ??= refuseNode(backend));
      return clock.measure(() => readQueue(backend));
    },
    async handBack(backend, { jobId, token, until, fieldsToUpdate }) {
      const now = Math.round(clock.now());
      await backend.moveToDelayed(jobId, now, Math.max(0, until - now), token, { skipAttempt: true, fieldsToUpdate });
    },
    // BullMQ waits for a marker, which each command that makes a job available sets.
    wake() {},
    setRunning() {},
    remark: undefined,
    async end() {
      hasEnded = true;
      for (const client of clients) client.disconnect();
    },
  };
}

/** A node of a cluster has only a part of the keys. */
async function refuseNode(backend: RedisQueueBackend): Promise<void> {
  const client = await backend.client;
  if (readProperty(client, "isCluster") === true || !/^cluster_enabled:1/m.test(await client.info())) return;
  throw new FleetError('It is a node of a Redis Cluster: pass a Cluster of ioredis instead, and prefix: "{watchbill}"');
}

/**
 * The lists of a queue, by the state of their jobs; the active ones last. A paused queue keeps waiting jobs in a list of their
 * own.
 */
const lists: readonly (readonly [JobState, key: string, isSorted: boolean])[] = [
  ["completed", "completed", true],
  ["failed", "failed", true],
  ["delayed", "delayed", true],
  ["waiting", "paused", false],
  ["waiting", "wait", false],
  ["active", "active", false],
];

const command = "watchbillReadQueue";

/** While the key of the last check for expired locks exists, there is no other. It lasts for less, unless the clock was set. */
const longestCheck = 600_000;

const script = `
  local ttl = redis.call("PTTL", KEYS[2])
  if ttl == -1 or ttl > ${longestCheck} then redis.call("DEL", KEYS[2]) end
  local result = { redis.call("TIME"), redis.call("HGETALL", KEYS[1]) }
  for index = 3, #KEYS do
    if ARGV[index - 2] == "sorted" then result[#result + 1] = redis.call("ZRANGE", KEYS[index], 0, -1, "WITHSCORES")
    else result[#result + 1] = redis.call("LRANGE", KEYS[index], 0, -1) end
  end
  local locks = {}
  for index, id in ipairs(result[#result]) do locks[index] = redis.call("PTTL", ARGV[#ARGV] .. id .. ":lock") end
  result[#result + 1] = locks
  return result`;

/** In a score, BullMQ leaves room for the order of jobs that are due in the same ms. */
const scoresPerMs = 0x1000;

async function readQueue(backend: RedisQueueBackend): Promise<QueueSnapshot> {
  const client = await backend.client;
  client.defineCommand(command, { numberOfKeys: lists.length + 2, lua: script });
  const keys = [backend.toKey("meta"), backend.toKey("stalled-check"), ...lists.map(([, key]) => backend.toKey(key))];
  const answer: unknown = await client.runCommand(command, [
    ...keys,
    ...lists.map(([, , isSorted]) => (isSorted ? "sorted" : "")),
    backend.toKey(""),
  ]);
  const [time, meta, ...found] = (readArray(answer) ?? []).map((list) => (readArray(list) ?? []).map(String));
  const [seconds, microseconds] = time ?? [];
  const now = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  const locks = found[lists.length] ?? [];
  const jobs = new Map<string, JobSummary>();
  for (const [index, [state, , isSorted]] of lists.entries()) {
    const entries = isSorted ? pairs(found[index]) : (found[index] ?? []).map((id, index) => [id, locks[index] ?? ""] as const);
    for (const [id, figure] of entries) {
      const score = Math.floor(Number(figure) / scoresPerMs);
      const lock = Number(figure) > 0 ? now + Number(figure) : 0;
      jobs.set(id, { state, until: state === "delayed" ? score : state === "active" ? lock : 0 });
    }
  }
  return { now, jobs, meta: Object.fromEntries(pairs(meta)) };
}

function pairs(list: readonly string[] = []): (readonly [string, string])[] {
  return Array.from({ length: Math.floor(list.length / 2) }, (_, index) => [list[2 * index] ?? "", list[2 * index + 1] ?? ""]);
}
