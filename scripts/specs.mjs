// Runs all specs. Those of replicas wait most of the time, for locks to expire and servers to start: they run beside the others, and
// what they print comes after it.
import { spawn } from "node:child_process";
import { once } from "node:events";

const colour = process.stdout.isTTY ? ["--color"] : [];
const distributed = start("mocha", ["--ignore", "spec/!(distributed)/**", "--ignore", "spec/*", ...colour], "pipe");
const others = start("mocha", ["--ignore", "spec/distributed/**"], "inherit");

let printed = "";
distributed.stdout.setEncoding("utf8").on("data", (text) => {
  printed += text;
});
const distributedEnded = once(distributed, "close");

const codes = [await codeOf(once(others, "close"))];
const legacy = start("npm", ["run", "--silent", "spec:legacy"], "inherit");
codes.push(await codeOf(once(legacy, "close")), await codeOf(distributedEnded));
process.stdout.write(printed);
// A process that a signal has ended has no code.
process.exitCode = codes.find((code) => code !== 0) ?? 0;

function start(command, args, stdout) {
  return spawn(command, args, { stdio: ["ignore", stdout, "inherit"] });
}

async function codeOf(ended) {
  const [code] = await ended;
  return code ?? 1;
}
