import { watch } from "node:fs";
import { ExponentialBackoff, Named, Repeat, Retry, Timeout, Worker, type WorkerContext, wait } from "watchbill";
import type { Git } from "./git.js";
import { printable } from "./printable.js";

/**
 * A repository may be moved, locked or unreadable for a while. So nothing that git says ends a worker: it comes back, politely.
 */
const backoff = new ExponentialBackoff({ initial: "1s", max: "30s", jitterProportion: 0.5 });

/** How much of what is there already is shown at the start. */
const newest = 5;

/**
 * Commits on the branches, ours and those of remotes, and wherever HEAD is; not what hangs on tags, notes and the stash alone.
 */
const branches = ["--exclude=refs/tags/*", "--exclude=refs/notes/*", "--exclude=refs/stash", "--all"];

/** Watches a git repository and prints what is new in it. Three methods, three workers: that is all there is to declare. */
@Named("git")
export class CommitFetcher {
  readonly #git: Git;
  // What has been printed, or was there before. It belongs to the instance, so it survives the restarts of its worker.
  #commits: Set<string> | undefined;
  #tags: Set<string> | undefined;
  #branch: string | undefined;

  constructor(git: Git) {
    this.#git = git;
  }

  /** At first the newest commits; from then on each one that has not been on any branch before, rebased ones included. */
  @Repeat("2s", { startImmediately: true })
  @Timeout("30s")
  @Retry(backoff)
  @Named("commits")
  async fetchCommits({ signal }: WorkerContext) {
    const known = this.#commits ?? new Set();
    const tips = await this.#git.run(["rev-list", "--no-walk", ...branches], { signal });
    const added = tips.split("\n").filter((tip) => tip !== "" && !known.has(tip));

    if (added.length > 0) {
      // Over stdin, since there may be more of them than a command line holds. What a rebase left behind may be gone by now.
      const args = ["log", "--ignore-missing", "--stdin", "--reverse", "--no-show-signature", "--encoding=UTF-8"];
      if (this.#commits === undefined) args.push(`--max-count=${newest}`);
      const input = [...added, ...[...known].map((commit) => `^${commit}`)].join("\n");
      const log = await this.#git.run([...args, "-z", "--format=%H%x1f%h%x1f%an%x1f%s"], { signal, input });

      for (const [commit = "", short = "", author = "", ...subject] of records(log)) {
        console.log(`commit ${short}  ${printable(author)}: ${printable(subject.join(" "))}`);
        known.add(commit);
      }
      for (const tip of added) known.add(tip);
    }
    this.#commits = known;
  }

  /** At first the newest tags; from then on each that is new, or has been moved. */
  @Repeat("2s", { startImmediately: true })
  @Timeout("30s")
  @Retry(backoff)
  @Named("tags")
  async fetchTags({ signal }: WorkerContext) {
    const format = "%(objectname)%1f%(refname:strip=2)%1f%(contents:subject)%00";
    const refs = await this.#git.run(["for-each-ref", "--sort=creatordate", `--format=${format}`, "refs/tags"], { signal });
    const known = this.#tags ?? new Set();
    const added = records(refs).filter(([object, name]) => !known.has(`${object} ${name}`));

    for (const [, name = "", ...subject] of this.#tags === undefined ? added.slice(-newest) : added) {
      console.log(`tag    ${printable(name)}: ${printable(subject.join(" "))}`);
    }
    for (const [object, name] of added) known.add(`${object} ${name}`);
    this.#tags = known;
  }

  /** On which branch one is. The file system says when to look; as it is silent on some drives, so does the clock. */
  @Worker
  @Retry(backoff)
  @Named("branch")
  async watchBranch({ signal, reportHealth }: WorkerContext) {
    let pause = new AbortController();
    const look = () => pause.abort();
    // It closes when the worker is to stop, which ends the pause as well.
    const watcher = watch(this.#git.directory, { signal }).on("close", look).on("error", look);
    watcher.on("change", (_event, file) => {
      if (file === "HEAD") look();
    });
    try {
      while (!signal.aborted) {
        // Made before it looks, so that what changes meanwhile is not missed.
        pause = new AbortController();
        await this.#reportBranch(signal);
        reportHealth();
        // It rejects when a change ends the pause before its time.
        await wait("2s", { signal: pause.signal }).catch(() => {});
      }
    } finally {
      watcher.close();
    }
  }

  async #reportBranch(signal: AbortSignal): Promise<void> {
    const name = (await this.#git.run(["branch", "--show-current"], { signal })).trim();
    const branch = name || `none, at ${(await this.#git.run(["rev-parse", "--short", "HEAD"], { signal })).trim()}`;
    if (branch !== this.#branch) console.log(`branch ${printable(branch)}`);
    this.#branch = branch;
  }
}

/** The fields of each record: a NUL ends a record, and a unit separator stands between two fields. */
function records(output: string): string[][] {
  return output
    .split(/\0\n?/)
    .slice(0, -1)
    .map((record) => record.split("\x1f"));
}
