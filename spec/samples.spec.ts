import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { WorkerStatus } from "watchbill";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A sample that runs in its own process. */
class Sample {
  static readonly #started = new Set<ChildProcess>();

  /** Kills processes that a failed test has left behind. */
  static killAll(): void {
    for (const child of Sample.#started) child.kill("SIGKILL");
    Sample.#started.clear();
  }

  stdout = "";
  stderr = "";
  /** Resolves to the exit code, or the signal that killed it, once all output has been read. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  readonly #onChange = new Set<() => void>();
  #hasEnded = false;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    // Coverage is for the specs; a sample that loads the library in another way, as CommonJS for example, would distort it.
    const environment = { ...process.env, NODE_V8_COVERAGE: undefined, ...env };
    // In its own process group, as in a terminal.
    const child = spawn(process.execPath, args, { cwd: root, env: environment, detached: true });
    Sample.#started.add(child);
    child.stdin.end();
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#changed();
    });
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        Sample.#started.delete(child);
        this.#hasEnded = true;
        this.#changed();
        resolve(code ?? signal);
      });
    });
  }

  /** Waits until the condition holds for the output. The test's timeout is the limit. */
  async until(what: string, condition: (sample: this) => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        const holds = condition(this);
        if (!holds && !this.#hasEnded) return;
        this.#onChange.delete(check);
        if (holds) resolve();
        else reject(new Error(`It ended before ${what}. stdout:\n${this.stdout}\nstderr:\n${this.stderr}`));
      };
      this.#onChange.add(check);
      check();
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async prints(text: string): Promise<void> {
    await this.until(`it printed ${text}`, ({ stdout }) => stdout.includes(text));
  }

  async complains(text: string): Promise<void> {
    await this.until(`it complained of ${text}`, ({ stderr }) => stderr.includes(text));
  }

  /** Simulates Ctrl-C: signals the whole group. */
  interrupt(): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGINT");
  }

  /** Simulates the end of `| head`. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  /** The lines of one kind, with a placeholder for hashes. */
  lines(kind: "commit" | "tag" | "branch"): string[] {
    return this.stdout
      .split("\n")
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => line.replace(/^(commit|branch none, at) [0-9a-f]{7,}/, "$1 <hash>"));
  }

  #changed(): void {
    for (const check of this.#onChange) check();
  }
}

async function outputOf(...args: string[]): Promise<string> {
  const sample = new Sample(args);
  expect(await sample.ended, sample.stderr).to.equal(0);
  return sample.stdout;
}

describe("The sample", function () {
  this.timeout("60s");

  afterEach(() => Sample.killAll());

  it("hello-worker", async () => {
    expect(await outputOf("--import", "tsx", "samples/hello-worker.ts")).to.equal(`\
On duty: Greeter/greet
Hello no. 1 from Greeter/greet
Hello no. 2 from Greeter/greet
Hello no. 3 from Greeter/greet
All have stopped
`);
  });

  it("in a container: probes and metrics for all, the page for those with the token", async () => {
    const token = "a-token-of-this-spec";
    const sample = new Sample(["--import", "tsx", "samples/container/main.ts"], { WATCHBILL_TOKEN: token, PORT: "0" });
    await sample.complains("dashboard: listening on ");
    const [, port = ""] = /listening on http:\S+:(\d+)\//.exec(sample.stderr) ?? [];
    const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/${path}`, { headers });
    for (const probe of ["healthz", "readyz"]) expect((await get(probe)).status, probe).to.equal(200);
    expect(await (await get("metrics")).text()).to.match(/^watchbill_workers\{phase="waiting"\} 1$/m);
    for (const path of ["", "api/status", "healthz/api/status"]) expect((await get(path)).status, path).to.equal(401);
    expect((await get("api/status", { authorization: `Bearer ${token}` })).status).to.equal(200);
    sample.interrupt();
    expect(await sample.ended, sample.stderr).to.equal(0);
    expect(sample.stderr).to.not.include(token);
  });

  for (const framework of ["express", "fastify"]) {
    it(`dashboard in ${framework}, behind the login of the application`, async () => {
      const sample = new Sample(["--import", "tsx", `samples/dashboard/${framework}.ts`, "0"]);
      await sample.complains("server: listening on ");
      const [, base = ""] = /listening on (http:\S+)\//.exec(sample.stderr) ?? [];
      const status = `${base}/ops/api/status`;
      const stranger = await fetch(status, { redirect: "manual" });
      expect([stranger.status, stranger.headers.get("location")]).to.deep.equal([303, "/login"]);
      const signIn = async (name: string, password: string): Promise<string> => {
        const body = new URLSearchParams({ name, password });
        const response = await fetch(`${base}/login`, { method: "POST", body, redirect: "manual" });
        return response.headers.get("set-cookie")?.split(";")[0] ?? "";
      };
      expect(await signIn("alice", "wrong")).to.equal("");
      const rightsOf = async (cookie: string): Promise<unknown> => {
        const { workers, rights }: { workers: object[]; rights: object } = JSON.parse(
          await (await fetch(status, { headers: { cookie } })).text(),
        );
        expect(workers.length).to.equal(5);
        return rights;
      };
      const [alice, bob] = [await signIn("alice", "correct horse"), await signIn("bob", "battery staple")];
      expect(await rightsOf(alice)).to.deep.equal({ trigger: true, pause: true, resume: true, restart: true });
      expect(await rightsOf(bob)).to.deep.equal({ trigger: false, pause: false, resume: false, restart: false });
      const pause = (cookie: string) =>
        fetch(`${base}/ops/api/workers/shop%2FsendMail/pause?reason=no%20server`, {
          method: "POST",
          headers: { cookie, "x-watchbill": "1" },
        });
      expect([(await pause(bob)).status, (await pause(alice)).status]).to.deep.equal([403, 202]);
      await sample.complains("shop/sendMail: paused by alice: no server");
      sample.interrupt();
      expect(await sample.ended, sample.stderr).to.equal(0);
    });
  }

  it("repeat-and-retry", async () => {
    expect(await outputOf("--import", "tsx", "samples/repeat-and-retry.ts")).to.equal(`\
Weather/fetchForecast failed (attempt 1), restarting in 20ms: HTTP 503 (run 1, attempt 0)
sunny (run 4, attempt 3)
sunny (run 5, attempt 0)
Weather/fetchForecast is ok after 5 runs, 3 of which failed; the last error was "Error: HTTP 503 (run 3, attempt 2)"
`);
  });

  it("server-and-pool", async () => {
    expect(await outputOf("--import", "tsx", "samples/server-and-pool.ts")).to.equal(`\
the pool is open
the runner is asked to stop while a request is in progress
the server takes no further requests
the server answers: 42 rows
the server has drained
the pool is closed
all have stopped, and the client has its answer: 200, 42 rows
`);
  });

  it("configurer", async () => {
    expect(await outputOf("--import", "tsx", "samples/configurer.ts")).to.equal(`\
Fetcher/eu every 60000 ms
Fetcher/us every 30000 ms
Fetcher/ap every 90000 ms
fetched eu
fetched us
fetched ap
`);
  });

  it("without-decorators", async () => {
    expect(await outputOf("--import", "tsx", "samples/without-decorators.ts")).to.equal(`\
lungs breathe in
beat 1
beat 2
beat 3
lungs breathe out
doctor: visit 2, attempt 1
doctor: visit 3, attempt 0
All have stopped
`);
  });

  it("tsyringe", async () => {
    expect(await outputOf("--import", "tsx", "samples/tsyringe.ts")).to.equal(`\
mail to ada@example.org
mail to grace@example.org
mail to barbara@example.org
`);
  });

  it("testing", async () => {
    const mocha = ["node_modules/mocha/bin/mocha.js", "--no-config", "--import=tsx", "--reporter=tap"];
    expect(await outputOf(...mocha, "samples/testing/invoice-sender.spec.ts")).to.equal(`\
ok 1 InvoiceSender has two workers
ok 2 InvoiceSender looks for invoices at the interval that was passed to it
ok 3 InvoiceSender sends the next invoice
ok 4 InvoiceSender on a fake clock sends one invoice a minute, and stops on request
ok 5 InvoiceSender on a fake clock tries again ten seconds after a failure
# tests 5
# pass 5
# fail 0
1..5
`);
  });

  describe("commit-fetcher", () => {
    let folder: string;
    let repository: string;

    // Without the configuration of the user, and that of a git hook that may run this.
    const gitEnv: NodeJS.ProcessEnv = {
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_DIR: undefined,
      GIT_WORK_TREE: undefined,
      GIT_INDEX_FILE: undefined,
    };

    function git(...args: string[]): void {
      const identity = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.org"];
      execFileSync("git", ["-C", repository, ...identity, ...args], { env: { ...process.env, ...gitEnv }, stdio: "pipe" });
    }

    function commit(subject: string, ...args: string[]): void {
      git("commit", "--quiet", "--allow-empty", `--message=${subject}`, ...args);
    }

    function watch(path = repository, env: NodeJS.ProcessEnv = {}): Sample {
      return run([path], env);
    }

    /** As `npm start -- …` does. */
    function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Sample {
      const command = ["--import", "tsx", "lib/cli/cli.ts", "run", "samples/commit-fetcher/app.ts"];
      return new Sample([...command, ...args], { ...gitEnv, XDG_RUNTIME_DIR: folder, ...env });
    }

    /** What `watchbill status` says of a worker. */
    async function statusOf(sample: Sample, worker: string): Promise<WorkerStatus> {
      const socket = join(folder, "watchbill", `${sample.pid}.sock`);
      const { workers }: { workers: WorkerStatus[] } = JSON.parse(
        await outputOf("--import", "tsx", "lib/cli/cli.ts", "status", worker, "--json", "--socket", socket),
      );
      const [row] = workers;
      if (row === undefined) throw new Error(`There is no worker ${worker}`);
      return row;
    }

    beforeEach(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), "watchbill-")));
      repository = join(folder, "repository");
      mkdirSync(repository);
      git("init", "--quiet", "--initial-branch=main");
    });

    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it("shows its workers on a page with --dashboard, and stops with it", async () => {
      commit("first");
      const sample = run(["--dashboard", "0", repository]);
      await sample.complains("dashboard: listening on ");
      const [, url = ""] = /listening on (http:\S+)/.exec(sample.stderr) ?? [];
      const page = await fetch(url);
      expect([page.status, page.headers.get("content-type")]).to.deep.equal([200, "text/html; charset=utf-8"]);
      const { workers }: { workers: { name: string }[] } = JSON.parse(await (await fetch(`${url}api/status`)).text());
      expect(workers.map(({ name }) => name)).to.deep.equal(["git/commits", "git/tags", "git/branch"]);
      sample.interrupt();
      expect(await sample.ended, sample.stderr).to.equal(0);
    });

    it("shows the newest commits and tags, then new ones, and finally the status of its workers", async () => {
      for (let number = 1; number <= 7; number++) commit(`Commit ${number}`);
      git("tag", "v1");
      const sample = watch();
      await sample.prints("Commit 7\n");
      await sample.prints("tag    v1: Commit 7\n");
      await sample.prints("branch main\n");

      git("switch", "--quiet", "--create", "topic");
      await sample.prints("branch topic\n");
      commit("On a topic");
      git("tag", "--annotate", "--message=Second release", "v2");
      git("switch", "--quiet", "main");
      await sample.prints("On a topic\n");
      await sample.prints("tag    v2: Second release\n");
      await sample.until("it was back on main", (it) => it.lines("branch").join() === "branch main,branch topic,branch main");

      for (const worker of ["git/commits", "git/tags", "git/branch"]) {
        const { health, failures, lastError, runs } = await statusOf(sample, worker);
        expect({ health, failures, lastError }).to.deep.equal({ health: "ok", failures: 0, lastError: null });
        expect(runs).to.be.at.least(1);
      }

      sample.interrupt();
      expect(await sample.ended, sample.stderr).to.equal(0);
      expect(sample.lines("commit")).to.deep.equal([
        "commit <hash>  Ada Lovelace: Commit 3",
        "commit <hash>  Ada Lovelace: Commit 4",
        "commit <hash>  Ada Lovelace: Commit 5",
        "commit <hash>  Ada Lovelace: Commit 6",
        "commit <hash>  Ada Lovelace: Commit 7",
        "commit <hash>  Ada Lovelace: On a topic",
      ]);
      expect(sample.lines("tag")).to.deep.equal(["tag    v1: Commit 7", "tag    v2: Second release"]);
      expect(entries(sample)).to.deep.equal([
        "INFO started 3 workers",
        "INFO SIGINT: stopping; a further signal exits at once",
        "INFO stopped",
      ]);
    });

    it("shows the commits of a rebase or a reset once each, even if git has forgotten the old ones", async () => {
      commit("First");
      commit("Second");
      const sample = watch();
      await sample.prints("Second\n");

      commit("Second, amended", "--amend");
      git("reflog", "expire", "--expire=all", "--all");
      git("gc", "--quiet", "--prune=all");
      await sample.prints("Second, amended\n");

      git("reset", "--quiet", "--hard", "HEAD~1");
      commit("Another second");
      await sample.prints("Another second\n");

      git("reset", "--quiet", "--hard", "HEAD@{2}");
      git("switch", "--quiet", "--detach");
      await sample.prints("branch none, at ");
      commit("On no branch");
      await sample.prints("On no branch\n");

      sample.interrupt();
      expect(await sample.ended, sample.stderr).to.equal(0);
      expect(sample.lines("commit")).to.deep.equal([
        "commit <hash>  Ada Lovelace: First",
        "commit <hash>  Ada Lovelace: Second",
        "commit <hash>  Ada Lovelace: Second, amended",
        "commit <hash>  Ada Lovelace: Another second",
        "commit <hash>  Ada Lovelace: On no branch",
      ]);
    });

    it("escapes control characters for the terminal", async () => {
      commit("\u001b[2J\u001b]0;owned\u0007 \u202edessecorp", "--author=Eve \u001b[31mMallory <eve@example.org>");
      const sample = watch();
      await sample.prints("dessecorp\n");

      sample.interrupt();
      expect(await sample.ended, sample.stderr).to.equal(0);
      expect(sample.lines("commit")).to.deep.equal([
        "commit <hash>  Eve \\x1b[31mMallory: \\x1b[2J\\x1b]0;owned\\x07 \\u202edessecorp",
      ]);
    });

    it("waits for the first commit of an empty repository", async () => {
      const sample = watch();
      await sample.prints("branch main\n");
      commit("The very first");
      await sample.prints("Ada Lovelace: The very first\n");
      expect(await statusOf(sample, "git/commits")).to.include({ health: "ok" });

      sample.interrupt();
      expect(await sample.ended, sample.stderr).to.equal(0);
    });

    it("waits for a repository that has vanished, and continues once it is back", async () => {
      commit("Before");
      const sample = watch();
      await sample.prints("Before\n");
      await sample.prints("branch main\n");

      renameSync(repository, join(folder, "elsewhere"));
      for (const worker of ["git/commits", "git/tags", "git/branch"]) {
        await sample.complains(`WARN ${worker}: failed (attempt 1), restarting in `);
      }
      expect(sample.stderr).to.include(`GitError: not a git repository: '${repository}/.git'`);

      renameSync(join(folder, "elsewhere"), repository);
      commit("After");
      git("switch", "--quiet", "--create", "topic");
      await sample.prints("After\n");
      await sample.prints("branch topic\n");
      const { health, failures, lastError } = await statusOf(sample, "git/commits");
      expect(health).to.equal("ok");
      expect(failures).to.be.at.least(1);
      expect(lastError).to.include("not a git repository");

      sample.interrupt();
      expect(await sample.ended, sample.stderr).to.equal(0);
      expect(sample.lines("commit")).to.deep.equal(["commit <hash>  Ada Lovelace: Before", "commit <hash>  Ada Lovelace: After"]);
    });

    it("ends its git process when it is interrupted", async () => {
      const pidFile = join(folder, "pid");
      const slowGit = join(folder, "git");
      // Finds the repository, and hangs on everything else.
      writeFileSync(slowGit, `#!/bin/sh\n[ "$1" = -C ] && echo "$2/.git" && exit\necho $$ >> "${pidFile}"\nexec sleep 1000\n`);
      chmodSync(slowGit, 0o755);
      const sample = watch(repository, { PATH: `${folder}${delimiter}${process.env.PATH}` });
      await sample.complains("started 3 workers");
      let pids: number[] = [];
      for (const deadline = Date.now() + 30_000; pids.length < 3 && Date.now() < deadline; ) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        pids = readIfThere(pidFile).trim().split("\n").filter(Boolean).map(Number);
      }
      expect(pids).to.have.length(3);

      sample.interrupt();
      expect(await sample.ended, sample.stderr).to.equal(0);
      for (const pid of pids) expect(() => process.kill(pid, 0)).to.throw("ESRCH");
    });

    it("stops when its output is closed", async () => {
      const sample = watch();
      await sample.prints("branch main\n");
      sample.closeStdout();
      commit("Unheard");
      expect(await sample.ended, sample.stderr).to.equal(0);
      expect(entries(sample)).to.deep.equal(["INFO started 3 workers", "INFO stopped"]);
    });

    async function refusal(path: string, env?: NodeJS.ProcessEnv): Promise<string> {
      const sample = watch(path, env);
      expect(await sample.ended).to.equal(3);
      expect(sample.stdout).to.equal("");
      const [first = "", ...frames] = sample.stderr.trimEnd().split("\n");
      for (const frame of frames) expect(frame).to.match(/^ {4}at .*samples\/commit-fetcher\//);
      const start = "samples/commit-fetcher/app.ts cannot be loaded: GitError: ";
      expect(first.slice(0, start.length)).to.equal(start);
      return first.slice(start.length);
    }

    it("rejects a path outside of any repository", async () => {
      // The folder for temporary files may be in a repository.
      const complaint = await refusal(folder, { GIT_CEILING_DIRECTORIES: join(folder, "..") });
      expect(complaint).to.equal(`${folder}: not a git repository (or any of the parent directories): .git`);
    });

    it("rejects a path that does not exist, with any characters", async () => {
      const path = join(folder, "-no\u001b[31m `such` $path");
      const shown = join(folder, "-no\\x1b[31m `such` $path");
      expect(await refusal(path))
        .to.match(/No such file or directory$/)
        .and.to.include(shown)
        .and.to.not.include("\u001b");
    });

    it("rejects a file", async () => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      expect(await refusal(file)).to.equal(`cannot change to '${file}': Not a directory`);
    });

    it("rejects a machine without git", async () => {
      const empty = join(folder, "empty");
      mkdirSync(empty);
      expect(await refusal(repository, { PATH: empty })).to.equal(`${repository}: cannot run git: spawn git ENOENT`);
    });
  });
});

/** The log, without the times and the fields. */
function entries({ stderr }: Sample): string[] {
  const lines = stderr.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.replace(/^\S+Z /, "").replace(/ \([^)]*\)$/, ""));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
