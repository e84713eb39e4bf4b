/*
 * Watches a git repository until you press Ctrl-C:
 *
 *     npm start -- ~/src/some-repository
 *     npm start -- --dashboard 9090      # with a page at http://127.0.0.1:9090/
 *
 * What it sees goes to stdout, what fails to stderr. Try what happens when you commit, tag, switch branches, rebase, or
 * move the repository away and back.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { bootstrap } from "watchbill";
import { dashboard } from "watchbill/dashboard";
import { CommitFetcher } from "./commit-fetcher.js";
import { Git } from "./git.js";
import { printable } from "./printable.js";

async function main(path: string, dashboardPort: string | undefined): Promise<void> {
  // Without a repository there is nothing to wait for. Should it vanish later, the workers' retries wait for it to come back.
  const git = await Git.find(path);
  const runner = bootstrap([new CommitFetcher(git)], { shutdownTimeout: "5s" });
  if (dashboardPort !== undefined) runner.add(dashboard(runner).listen({ port: Number(dashboardPort) }));

  // The reader of the output may leave, as in `npm start | head`.
  process.stdout.on("error", () => void runner.stop());

  console.log(`Watching ${printable(git.directory)} until Ctrl-C`);
  try {
    await runner.run();
  } finally {
    console.log();
    console.table(
      Object.fromEntries(
        runner
          .status()
          .map(({ name, health, phase, runs, failures, lastError }) => [name, { health, phase, runs, failures, lastError }]),
      ),
    );
  }
}

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { dashboard: { type: "string" } } });
  await main(resolve(positionals[0] ?? "."), values.dashboard);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
