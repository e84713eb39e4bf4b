import { bootstrap, Repeat } from "watchbill";
import { cron } from "watchbill/cron";

class Reports {
  @Repeat(cron("0 3 * * *", { timezone: "Europe/Berlin" }))
  mail(): void {}
}

const [worker] = bootstrap([Reports]).workers;
console.log(JSON.stringify(worker?.repeat));
