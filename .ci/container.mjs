// Follows the Dockerfile of samples/container step by step in clean folders, one for each stage, since a machine may have no Docker,
// and runs what the image would run: it answers its probes, refuses commands without the token, and exits with 0 after SIGTERM.
// usage: node .ci/container.mjs TARBALL FOLDER
import { equal, match } from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const [tarball, folder] = process.argv.slice(2).map((path) => resolve(path));
const context = join(folder, "context");
cpSync(fileURLToPath(new URL("../samples/container", import.meta.url)), context, { recursive: true });
const shell = (command, cwd, env) => execFileSync("bash", ["-euc", command], { cwd, env, stdio: "inherit" });
shell(`npm pkg set dependencies.watchbill=file:${tarball}`, context);
shell("npm install --package-lock-only --no-audit --no-fund", context);

let stage;
const steps = {
  FROM: (rest) => {
    const [, name = "image"] = / AS (\w+)$/.exec(rest) ?? [];
    stage = {
      root: join(folder, name),
      cwd: join(folder, name),
      env: { ...process.env, npm_config_cache: join(folder, "cache") },
    };
  },
  WORKDIR: (rest) => {
    stage.cwd = join(stage.root, rest);
    mkdirSync(stage.cwd, { recursive: true });
  },
  ENV: (rest) => {
    const [name, value] = rest.split("=");
    stage.env[name] = value;
  },
  COPY: (rest) => {
    const words = rest.split(" ");
    const from = words[0].startsWith("--from=") ? join(folder, words.shift().slice("--from=".length)) : context;
    const target = words.pop();
    for (const path of words) {
      const copy = resolve(stage.cwd, target.endsWith("/") ? join(target, path) : target);
      cpSync(join(from, path), copy, { recursive: true });
    }
  },
  RUN: (rest) => shell(rest, stage.cwd, stage.env),
  CMD: (rest) => {
    stage.command = JSON.parse(rest);
  },
  USER: () => {},
  EXPOSE: () => {},
};

for (const line of readFileSync(join(context, "Dockerfile"), "utf8").split("\n")) {
  if (line === "" || line.startsWith("#")) continue;
  const [, keyword, rest] = /^([A-Z]+) (.+)$/.exec(line);
  if (!Object.hasOwn(steps, keyword)) throw new Error(`.ci/container.mjs does not know ${keyword}, which the Dockerfile has`);
  steps[keyword](rest);
}

const [program, ...args] = stage.command;
const env = { ...stage.env, WATCHBILL_TOKEN: "a-token-for-this-run", PORT: "0" };
const child = spawn(program, args, { cwd: stage.cwd, env, stdio: ["ignore", "inherit", "pipe"] });
const exited = once(child, "exit");
const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
try {
  let url;
  for await (const line of createInterface({ input: child.stderr })) {
    console.log(line);
    url = /listening on http:\/\/[^:]+(:\d+\/)/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  if (url === undefined) throw new Error("The service has ended before it listened");
  const base = `http://127.0.0.1${url}`;
  const statusOf = async (path, init) => (await fetch(`${base}${path}`, init)).status;
  equal(await statusOf("healthz"), 200);
  equal(await statusOf("readyz"), 200);
  const scrape = await fetch(`${base}metrics`);
  equal(scrape.status, 200);
  match(await scrape.text(), /^watchbill_workers\{/m);
  equal(await statusOf("api/status"), 401);
  const trigger = { method: "POST", headers: { "x-watchbill": "1" } };
  equal(await statusOf("api/workers/orders%2Fship/trigger", trigger), 401);
  trigger.headers.authorization = `Bearer ${env.WATCHBILL_TOKEN}`;
  equal(await statusOf("api/workers/orders%2Fship/trigger", trigger), 202);
  child.kill("SIGTERM");
  const [code] = await exited;
  equal(code, 0);
  console.log("the container's steps run in clean folders; it answers its probes and stops on SIGTERM");
} finally {
  clearTimeout(limit);
  child.kill("SIGKILL");
}
