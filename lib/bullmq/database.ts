import {
  type BackendFactory,
  type ConnectionOptions,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  isRedisInstance,
  type PostgresConnectionOptions,
  type RedisClient,
} from "bullmq";

/** What a queue is kept in: makes the backends of one open queue, and ends their connections. */
export interface Database<Options> {
  readonly connection: Options;
  readonly create: BackendFactory<IQueueBackend, Options>;
  /** Whether jobs may be given some 100 ms after they are due: Redis looks ten times a second whose wait is over. */
  readonly isCoarse: boolean;
  /** Ends all connections that were made here, and none that was passed to the engine. Connections that BullMQ opens later end as well. */
  end(): Promise<void>;
}

export function postgres(connection: PostgresConnectionOptions): Database<PostgresConnectionOptions> {
  const backends: IQueueBackend[] = [];
  return {
    connection,
    isCoarse: false,
    create(...terms) {
      const backend = createPostgresBackend(...terms);
      backends.push(backend);
      return backend;
    },
    async end() {
      await Promise.allSettled(backends.map((backend) => backend.disconnect()));
    },
  };
}

/**
 * Redis, with a hold on each client. BullMQ connects a blocking client anew when that has ended, and can do so while its worker closes: such
 * a client would keep the process alive. And BullMQ's own `disconnect` also ends a client that was passed to it, which is not ours.
 */
export function redis(connection: ConnectionOptions): Database<ConnectionOptions> {
  const isOurs = !isRedisInstance(connection);
  const clients = new Set<RedisClient>();
  let hasEnded = false;

  const own = (connected: Promise<RedisClient> | undefined): void => {
    connected?.then(
      (client) => {
        clients.add(client);
        // It may be connected anew by BullMQ at any time.
        client.on("connect", () => {
          if (hasEnded) client.disconnect();
        });
        if (hasEnded) client.disconnect();
      },
      // It has never been connected: `ready` of the queue rejects with that.
      () => {},
    );
  };

  return {
    connection,
    isCoarse: true,
    create(...terms) {
      const backend = createRedisBackend(...terms);
      own(backend.blockingClient);
      if (isOurs) own(backend.client);
      return backend;
    },
    async end() {
      hasEnded = true;
      for (const client of clients) client.disconnect();
    },
  };
}
