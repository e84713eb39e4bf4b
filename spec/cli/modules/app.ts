import { Named, Repeat, RetryJob, StaticBackoff, Worker, type WorkerContext, wait } from "watchbill";
import { cron } from "watchbill/cron";

@Named("github")
export class Github {
  @Repeat("5s")
  @Named("commits")
  fetchCommits(): void {}

  @Worker
  @Named("events")
  async watchEvents({ signal }: WorkerContext): Promise<void> {
    await wait("1h", { signal });
  }

  @Repeat("1h")
  @RetryJob({ backoff: new StaticBackoff({ sleep: "10ms" }), maxAttempts: 3 })
  @Named("issues")
  fetchIssues(): void {
    throw new Error("HTTP 503");
  }
}

@Named("reports")
export class Reports {
  @Repeat(cron("0 3 * * *", { timezone: "Europe/Berlin" }))
  @Named("daily")
  sendDaily(): void {}
}
