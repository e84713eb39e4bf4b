/**
 * An application with a worker that fails on SIGUSR2. The argument says how it is closed: `hooks` by Nest's shutdown hooks, `late`
 * by those that are enabled some time later, `exit` by those with `useProcessExit`, `own` by a listener of its own, `none` not.
 */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Module, type OnApplicationShutdown, type OnModuleDestroy } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Worker, type WorkerContext } from "watchbill";
import { WatchbillModule } from "watchbill/nestjs";

class Database implements OnModuleDestroy, OnApplicationShutdown {
  async onModuleDestroy() {
    await setTimeout(50);
    console.log("the database is closed");
  }
  async onApplicationShutdown() {
    await setTimeout(50);
    console.log("the last lines are written");
  }
}

class Listener {
  @Worker
  async listen({ signal }: WorkerContext) {
    await once(process, "SIGUSR2", { signal });
    throw new Error("no queue");
  }
}

class AppModule {}
Module({ imports: [WatchbillModule.forRoot()], providers: [Database, Listener] })(AppModule);

const app = await NestFactory.create(AppModule);
const [, , how] = process.argv;
if (how === "hooks") app.enableShutdownHooks(["SIGTERM"]);
if (how === "exit") app.enableShutdownHooks(["SIGINT"], { useProcessExit: true });
if (how === "own") process.on("SIGTERM", () => void app.close().then(() => process.exit(0)));
await app.listen(0, "127.0.0.1");
console.log("the application is up");
if (how === "late") {
  await once(process, "SIGUSR2");
  await setTimeout(200);
  app.enableShutdownHooks(["SIGTERM"]);
}
