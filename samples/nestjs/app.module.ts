import { Module } from "@nestjs/common";
import { ExponentialBackoff } from "watchbill";
import { WatchbillModule } from "watchbill/nestjs";
import { DatabaseModule } from "./database.module.js";
import { InvoicesModule } from "./invoices.module.js";
import { OpsGuard } from "./ops.guard.js";

@Module({
  imports: [
    // The order of imports does not matter: workers stop before anything else is closed.
    WatchbillModule.forRoot({ retry: new ExponentialBackoff({ initial: "1s", max: "1m" }) }),
    WatchbillModule.dashboard("/ops/jobs", { guards: [OpsGuard] }),
    DatabaseModule,
    InvoicesModule,
  ],
})
export class AppModule {}
