import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Terminal } from "../../lib/cli/terminal.js";
import { TopView } from "../../lib/cli/top-view.js";
import { expectGolden, Folder, root, thursday, useEnvironment, watchbill } from "./command.fixture.js";
import { type FakeProcess, fakeProcess, row, statusOf } from "./fake-process.fixture.js";
import { CommandProcess } from "./process.fixture.js";

/** A terminal of 90 columns and 12 rows, in which bash runs. */
class Tmux {
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#socket = join(folder, "tmux");
    this.#env = { ...process.env, ...env, PS1: "$ " };
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "90", "-y", "12", "bash --norc --noprofile");
  }

  type(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  get text(): string {
    return this.#tmux("capture-pane", "-p");
  }

  async shows(what: string | RegExp): Promise<string> {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
      const { text } = this;
      if (typeof what === "string" ? text.includes(what) : what.test(text)) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`It does not show ${String(what)}:\n${this.text}`);
  }

  /** Of the program that bash runs. */
  get childPid(): number {
    const shell = this.#tmux("list-panes", "-F", "#{pane_pid}").trim();
    return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, "utf8"));
  }

  kill(): void {
    this.#tmux("kill-server");
  }

  #tmux(...args: string[]): string {
    return execFileSync("tmux", ["-S", this.#socket, ...args], { encoding: "utf8", env: this.#env, cwd: root });
  }
}

describe("watchbill top", function () {
  this.timeout("60s");

  let folder: Folder;
  const fakes: FakeProcess[] = [];

  beforeEach(() => {
    folder = new Folder();
  });
  useEnvironment(() => ({ TZ: "Europe/Berlin", XDG_RUNTIME_DIR: folder.path }));
  afterEach(async () => {
    CommandProcess.killAll();
    for (const fake of fakes.splice(0)) await fake.close();
    folder.remove();
  });

  const workers = [
    row("b/two"),
    row("a/one", { health: "firing", phase: "backoff", lastError: "Error: HTTP 503", nextDue: thursday + 60_000 }),
    row("c/three", { phase: "paused", pause: { since: 0, by: null, reason: null }, nextDue: null }),
  ];

  describe("draws", () => {
    const terminal = new Terminal(process.stdout, process.stderr, { NO_COLOR: "1" }, () => thursday);

    function names(view: TopView): string[] {
      return view
        .lines(24, 100)
        .slice(3)
        .map((line) => line.split(" ")[0] ?? "");
    }

    it("the process and its workers", () => {
      const view = new TopView(terminal);
      expect(view.lines(24, 100)).to.deep.equal(["connecting …"]);
      view.reset(statusOf(workers, thursday));
      expectGolden("top.txt", `${view.lines(24, 100).join("\n")}\n`);
    });

    it("them in the order of the declaration, the next time, failures first, or the name", () => {
      const view = new TopView(terminal);
      view.reset(statusOf(workers, thursday));
      const orders = [1, 2, 3, 4, 5].map(() => {
        const found = `${view.order}: ${names(view).join()}`;
        view.sortNext();
        return found;
      });
      expect(orders).to.deep.equal([
        "declared: b/two,a/one,c/three",
        "next: b/two,a/one,c/three",
        "failing: a/one,c/three,b/two",
        "name: a/one,b/two,c/three",
        "declared: b/two,a/one,c/three",
      ]);
    });

    it("what has changed, was added or removed", () => {
      const view = new TopView(terminal);
      view.apply({ rows: [row("too/early")] });
      view.reset(statusOf(workers, thursday));
      view.apply({ state: "stopping", now: thursday, rows: [row("b/two", { runs: 99 }), row("d/four")], removed: ["a/one"] });
      const [head = "", , , two = ""] = view.lines(24, 100);
      expect(head).to.include("stopping").and.include("3 workers");
      expect(two).to.match(/^b\/two +waiting +99 /);
      expect(names(view)).to.deep.equal(["b/two", "c/three", "d/four"]);
    });

    it("how long the process has been silent, until it answers again", () => {
      let now = thursday;
      const view = new TopView(new Terminal(process.stdout, process.stderr, { NO_COLOR: "1" }, () => now));
      view.reset(statusOf(workers, now));
      now += 12_000;
      expect(view.lines(24, 100)[1]).to.match(/^q quit, s sort/);
      now += 1_000;
      expect(view.lines(24, 100)[1]).to.equal("no answer for 13s: this was its last state; q quit");
      view.apply({ now });
      expect(view.lines(24, 100)[1]).to.match(/^q quit, s sort/);
    });

    it("as many rows as there is room for, from the one that was scrolled to", () => {
      const view = new TopView(terminal);
      view.reset(
        statusOf(
          Array.from({ length: 100 }, (_, index) => row(`worker ${index}`)),
          thursday,
        ),
      );
      expect(view.lines(10, 40)).to.have.length(10);
      for (const line of view.lines(10, 40)) expect(line.length).to.be.at.most(40);
      view.scroll(50);
      expect(view.lines(10, 100)[1]).to.include("51–57 of 100");
      expect(view.lines(10, 100)[3]).to.match(/^worker 50 /);
      view.scroll(Number.POSITIVE_INFINITY);
      expect(view.lines(10, 100)[3]).to.match(/^worker 99 /);
      view.scroll(Number.NEGATIVE_INFINITY);
      expect(view.lines(10, 100)[3]).to.match(/^worker 0 /);
    });
  });

  it("refuses to run without a terminal", async () => {
    fakes.push(await fakeProcess({ folder: join(folder.path, "watchbill"), pid: 1 }, () => {}));
    const { code, stderr } = await watchbill(["top"]);
    expect([code, stderr]).to.deep.equal([2, "top needs a terminal: use watchbill status, or top --json\n"]);
  });

  it("prints each event as a line of JSON with --json, until a signal", async () => {
    const app = new CommandProcess(["run", "spec/cli/modules/counter.ts"]);
    await app.prints("tick");
    const top = new CommandProcess(["top", "--json"]);
    await top.prints('"event":"update"');
    top.kill("SIGINT");
    expect(await top.ended, top.stderr).to.equal(130);
    const [first = ""] = top.stdout.split("\n");
    expect(JSON.parse(first)).to.have.property("event", "snapshot");
  });

  it("exits with 4 if what answers is not a dashboard", async () => {
    const fake = await fakeProcess({ port: 0 }, (_incoming, response) => response.end("<html>"));
    fakes.push(fake);
    const { code, stdout, stderr } = await watchbill(["top", "--json", "--url", `http://127.0.0.1:${fake.port}/`]);
    expect([code, stdout]).to.deep.equal([4, ""]);
    expect(stderr).to.include("does not answer as a dashboard of watchbill: pass the URL at which its page is");
  }).timeout("5s");

  describe("in a terminal", () => {
    let tmux: Tmux;
    let app: CommandProcess;

    before(function () {
      if (spawnSync("tmux", ["-V"]).status === 0) return;
      if (process.env.CI !== undefined) throw new Error("There is no tmux on the PATH");
      console.warn("        SKIPPED, ALL THAT NEEDS TMUX: there is no tmux on the PATH");
      this.skip();
    });

    beforeEach(async () => {
      app = new CommandProcess(["run", "spec/cli/modules/counter.ts"]);
      tmux = new Tmux(folder.path, { TSX_TSCONFIG_PATH: join(root, "tsconfig.json") });
      await app.prints("tick");
      tmux.type("clear; echo before; node --import tsx lib/cli/cli.ts top", "Enter");
      await tmux.shows("q quit");
    });
    afterEach(() => tmux.kill());

    /** The screen is as before, keys are shown again, and the exit code is this one. */
    async function expectRestored(code: number): Promise<void> {
      await tmux.shows(/^before$/m);
      tmux.type('echo "code $?"; stty -a | grep -o "[-]*icanon"; tput cnorm; echo typed', "Enter");
      const text = await tmux.shows(/^typed$/m);
      expect(text).to.include(`code ${code}\nicanon\n`);
      expect(text).to.not.include("q quit");
    }

    it("shows the workers live, sorts them by s, and leaves the terminal as it was by q", async () => {
      const text = await tmux.shows(/^counter\/stays +running +1 /m);
      expect(text)
        .to.match(/^\S+ pid \d+: running, up .*, 2 workers$/m)
        .and.match(/^WORKER +PHASE +RUNS/m);
      const [, runs = ""] = /^counter\/ticks +\w+ +(\d+)/m.exec(text) ?? [];
      await tmux.shows(new RegExp(`^counter/ticks +\\w+ +(?!${runs} )\\d+`, "m"));
      tmux.type("s");
      await tmux.shows("s sort (by next)");
      tmux.type("q");
      await expectRestored(0);
    });

    it("ends by Ctrl-C with 130", async () => {
      tmux.type("C-c");
      await expectRestored(130);
    });

    it("gives the terminal back by Ctrl-Z, and comes back", async () => {
      tmux.type("C-z");
      await tmux.shows("Stopped");
      tmux.type("fg", "Enter");
      await tmux.shows("q quit");
      tmux.type("q");
      await expectRestored(0);
    });

    it("ends by SIGTERM with 143", async () => {
      process.kill(tmux.childPid, "SIGTERM");
      await expectRestored(143);
    });

    it("ends with 4 when the process ends, and says why", async () => {
      app.kill("SIGTERM");
      await app.ended;
      await tmux.shows(/^\S+\.sock cannot be reached: /m);
      await expectRestored(4);
    });

    it("lets Ctrl-C end watchbill run once, also with --watch", async () => {
      tmux.type("q");
      await tmux.shows(/^before$/m);
      for (const options of ["", " --watch"]) {
        const command = `run spec/cli/modules/app.ts --only github/events${options}`;
        tmux.type(`clear; echo "now${options}"; node --import tsx lib/cli/cli.ts ${command}; echo "code $?"`, "Enter");
        await tmux.shows(new RegExp(`^now${options}\\n[^]*started 1 worker`, "m"));
        tmux.type("C-c");
        const text = await tmux.shows(/^code \d+$/m);
        expect(text)
          .to.match(/SIGINT: stopping(.*\n)*.*INFO stopped\n(.*\n)*code 0$/m)
          .and.not.include("exiting at once");
      }
    });
  });
});
