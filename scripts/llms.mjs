/**
 * Writes llms.txt, or prints it with --print. From it a language model learns what the library is and which page to
 * read: it has the summary below, and the pages of docs/README.md. Its format is that of https://llmstxt.org.
 */
import { readFileSync, writeFileSync } from "node:fs";

const summary = `# watchbill

> Decorator-driven background workers for Node: methods that are repeated, retried, supervised and stopped cleanly, and run once across all replicas where you ask for that.

Annotate the methods of classes, and pass the classes to \`bootstrap\`:

\`\`\`ts
import { bootstrap, ExponentialBackoff, Named, Repeat, Retry, RetryJob, Worker, stopped, type WorkerContext } from "watchbill";

const backoff = new ExponentialBackoff({ initial: "1s", max: "1m" });

@Named("github")
class CommitFetcher {
  @Repeat("5s") @RetryJob(backoff)
  async fetchCommits({ signal, logger }: WorkerContext) {} // a job: one run every 5 s; runs never overlap

  @Worker @Retry(backoff)
  async watchEvents({ signal }: WorkerContext) { await stopped(signal); } // a continuous worker: returns when the signal aborts
}

await bootstrap([CommitFetcher]).run(); // until SIGINT or SIGTERM
\`\`\`

- Node 20.19 or later; ESM, which \`require\` loads as well. TypeScript 5.4 or later, standard or legacy decorators.
- The name of a worker is that of its class and its method, \`CommitFetcher/watchEvents\`; \`@Named\` replaces either.
- A worker that fails and has no retry stops the runner, and \`run()\` rejects. \`bootstrap(sources, { retry })\` is a default retry.
- Durations are numbers of ms, or strings such as \`"5s"\` and \`"1.5h"\`.
- Errors say what is wrong, where, and what to do. \`bootstrap\` reports all at once.

## Docs

`;

const rows = readFileSync("docs/README.md", "utf8").matchAll(/^\| \[([^\]]+)\]\(([^)]+)\) \| (.*) \|$/gm);
const pages = Array.from(rows, ([, title, path, description]) => `- [${title}](docs/${path}): ${description}`);

const text = `${summary}${pages.join("\n")}\n`;

if (process.argv.includes("--print")) process.stdout.write(text);
else writeFileSync("llms.txt", text);
