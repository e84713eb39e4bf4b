import type { INestApplicationContext, LoggerService, ModuleMetadata } from "@nestjs/common";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

const started = new Set<INestApplicationContext>();

/** A real application without a server, which has been bootstrapped. */
export async function startApplication(metadata: ModuleMetadata, logger: LoggerService | false = false) {
  class AppModule {}
  Module(metadata)(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
  started.add(app);
  return app;
}

/** Closes what a spec has left running. */
export async function closeApplications(): Promise<void> {
  const apps = [...started];
  started.clear();
  for (const app of apps) await app.close();
}

/** The error with which an application does not start. */
export async function errorOf(start: Promise<unknown>): Promise<Error> {
  try {
    await start;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("It started");
}
