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

/** Creates the BullMQ backends of one open queue, and ends their connections. */
export interface Database<Options> {
  readonly connection: Options;
  readonly create: BackendFactory<IQueueBackend, Options>;
  /**
   * Whether jobs may become available some 100 ms after they are due: on Redis, BullMQ checks delayed jobs ten times a second.
   */
  readonly isCoarse: boolean;
  /** Ends all connections that were made here, also those that BullMQ opens later, but not a client or pool of the user. */
  end(): Promise<void>;
}

export function postgres(connection: PostgresConnectionOptions): Database<PostgresConnectionOptions> {
  const backends: IQueueBackend[] = [];
  return {
    connection,
    isCoarse: false,
    create(...args) {
      const backend = createPostgresBackend(...args);
      backends.push(backend);
      return backend;
    },
    async end() {
      await Promise.allSettled(backends.map((backend) => backend.disconnect()));
    },
  };
}

/**
 * Redis, with a reference to each client. BullMQ reconnects a blocking client that has ended, possibly while its worker closes:
 * such a client would keep the process alive. And BullMQ's own `disconnect` would also end a client of the user.
 */
export function redis(connection: ConnectionOptions): Database<ConnectionOptions> {
  const isOwn = !isRedisInstance(connection);
  const clients = new Set<RedisClient>();
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
    isCoarse: true,
    create(...args) {
      const backend = createRedisBackend(...args);
      track(backend.blockingClient);
      if (isOwn) track(backend.client);
      return backend;
    },
    async end() {
      hasEnded = true;
      for (const client of clients) client.disconnect();
    },
  };
}
