import { spawn } from "node:child_process";
import { parse } from "node:path";
import { printable } from "./printable.js";

/** `git` could not be run, or said no. The message is one line and names the path it is about. */
export class GitError extends Error {
  override readonly name = "GitError";
}

interface GitOptions {
  /** Kills the child when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** What git reads from stdin. */
  readonly input?: string | undefined;
}

/** A repository, by way of the `git` that is on the PATH. */
export class Git {
  /** The `.git` directory: the one that was found at first, even if another lies above it once it is gone. */
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Finds the repository that a path is in.
   * @throws GitError if there is none, or no git
   */
  static async find(path: string): Promise<Git> {
    const output = await git(path, ["-C", path, "rev-parse", "--absolute-git-dir"]);
    return new Git(output.replace(/\r?\n$/, ""));
  }

  /**
   * Runs a command of git and resolves to its output. Rejects with a {@link GitError} if it fails, with the signal's
   * reason once it has aborted; either way, the child has ended by then.
   */
  run(args: readonly string[], options?: GitOptions): Promise<string> {
    return git(this.directory, [`--git-dir=${this.directory}`, ...args], options);
  }
}

function git(path: string, args: readonly string[], { signal, input = "" }: GitOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, {
      signal,
      // A group of its own: Ctrl-C in a terminal goes to the whole group, and is for us to handle, not for git.
      detached: true,
      windowsHide: true,
      // The folder that we stand in may vanish together with the repository.
      cwd: parse(path).root,
      env: {
        ...process.env,
        // Reads only: a lock, to refresh the index for example, would disturb the people who work there.
        GIT_OPTIONAL_LOCKS: "0",
        LC_ALL: "C",
        // Git sets these for its hooks, where they would win over the path that we were given.
        GIT_DIR: undefined,
        GIT_WORK_TREE: undefined,
        GIT_COMMON_DIR: undefined,
      },
    });

    let output = "";
    let complaint = "";
    let failure: string | undefined;
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    // Git need not read what it is given; how it ended says more.
    child.stdin.on("error", () => {}).end(input);

    // Either there is no git, or the signal has aborted. "close" follows in both cases, when the child has ended.
    child.on("error", (error) => (failure = `cannot run git: ${error.message}`));
    child.on("close", (code, killedBy) => {
      // Whatever it died of. A child is born into our group, and a Ctrl-C in that very moment hits it as well.
      if (signal?.aborted) reject(signal.reason);
      else if (code === 0) resolve(output);
      else reject(new GitError(about(path, failure ?? (complaint.trim() || `git ended with ${code ?? killedBy}`))));
    });
  });
}

function about(path: string, complaint: string): string {
  const text = complaint.replace(/^fatal: /, "").replaceAll(/\s+/g, " ");
  return printable(text.includes(path) ? text : `${path}: ${text}`);
}
