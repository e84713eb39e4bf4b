import { Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Repeat, Runner } from "watchbill";
import { WatchbillModule } from "watchbill/nestjs";

@Injectable()
class Poller {
  constructor(readonly runner: Runner) {}

  @Repeat("1h")
  poll() {
    console.log(`${this.runner.state}, ${this.runner.workers.map(({ name }) => name).join()}`);
  }
}

@Module({ imports: [WatchbillModule.forRoot()], providers: [Poller] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
await app.get(Runner).trigger("Poller/poll");
await app.close();
