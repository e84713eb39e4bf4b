import { Inject, Injectable, Module } from "@nestjs/common";
import { Named, Repeat, stopped, Worker, type WorkerContext } from "watchbill";
import { Database, DatabaseModule } from "./database.module.js";

@Injectable()
@Named("invoices")
export class InvoiceSender {
  // The token is named because tsx emits no decorator metadata. Compiled by tsc with emitDecoratorMetadata, it can be left out.
  constructor(@Inject(Database) private readonly database: Database) {}

  @Repeat("5s", { startImmediately: true })
  async send({ signal }: WorkerContext) {
    for (let number = 1; number <= 100; number++) {
      await this.database.query(`insert into sent values (${number})`);
      console.log(`invoice ${number} is sent`);
      // On request, it stops between two invoices; the next run sends the others.
      if (signal.aborted) break;
    }
    await this.database.query("commit");
    console.log("the run has ended");
  }

  @Worker
  async listen({ signal }: WorkerContext) {
    await stopped(signal);
  }
}

@Module({ imports: [DatabaseModule], providers: [InvoiceSender] })
export class InvoicesModule {}
