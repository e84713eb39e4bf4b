import { CommanderError, InvalidArgumentError as InvalidValue, Option, Command as Program } from "commander";
import type { Command } from "../dashboard/dashboard.js";
import { WatchbillError } from "../index.js";
import { check } from "./check.js";
import { completion } from "./completion.js";
import { control } from "./control.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { list } from "./list.js";
import { isBootstrapError } from "./load-module.js";
import { ownVersion } from "./local-copy.js";
import { next } from "./next.js";
import { once } from "./once.js";
import { plan } from "./plan.js";
import { run } from "./run.js";
import { status } from "./status.js";
import { printable } from "./table.js";
import type { Terminal } from "./terminal.js";
import { top } from "./top.js";
import { watch } from "./watch.js";

/**
 * Carries out a command line, and returns its exit code. Prints what is wrong with it, and never throws for that.
 * @param args without the names of the program
 */
export async function execute(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCodes.ok;
  const program = createProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (!(error instanceof WatchbillError || isBootstrapError(error))) throw error;
    // It may have names of another process in it.
    terminal.complain(error.message.split("\n").map(printable).join("\n"));
    if (error instanceof CommandError) return error.exitCode;
    return isBootstrapError(error) ? exitCodes.problems : exitCodes.usage;
  }
}

const codes = `
Exit codes: 0 success, 1 a run failed or a worker refused a command, 2 the command line is wrong, 3 there are problems,
4 the process cannot be reached, 128 + n stopped by the signal n.`;

const moduleHelp =
  "such as app.ts: it exports a runner as default, an array named sources, or classes with workers, and starts nothing when it is imported";

function createProgram(terminal: Terminal, finish: (code: number) => void): Program {
  const program = new Program("watchbill")
    .description("Lists, checks, runs and controls the workers of a Node service.")
    .version(ownVersion(), "--version", "print the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.width ?? 100,
      getErrHelpWidth: () => terminal.width ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpOption("-h, --help", "show the help")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", codes);
  addDeclaredCommands(program, terminal, finish);
  addPlan(program, terminal, finish);
  addRunCommands(program, terminal, finish);
  addRemoteCommands(program, terminal, finish);
  program
    .command("completion")
    .description("print a script that completes command lines of watchbill in a shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText("after", example("source <(watchbill completion bash)", "watchbill completion fish | source"))
    .action((shell: string) => finish(completion(shell, program, terminal)));
  return program;
}

/** Commands that read what a module declares, and run nothing. */
function addDeclaredCommands(program: Program, terminal: Terminal, finish: (code: number) => void): void {
  withRemote(withJson(program.command("list")))
    .description("list the workers of a module, with what a process that runs them knows of them; or those of a process")
    .argument("[module]", moduleHelp)
    .addHelpText("after", example("watchbill list app.ts", "watchbill list --json"))
    .action(async (module: string | undefined, options) => finish(await list(module, options, terminal)));

  withJson(program.command("next"))
    .description("show when a cron pattern, or a worker of a module, is due next")
    .argument("<pattern-or-module>", 'such as "0 3 * * *" or app.ts')
    .argument("[worker]", "of the module")
    .addOption(new Option("-n, --count <number>", "how many times").argParser(atLeastOne).default(10))
    .option("--timezone <name>", "an IANA name, such as Europe/Berlin")
    .addHelpText(
      "after",
      example('watchbill next "0 3 * * *" --timezone Europe/Berlin -n 5', "watchbill next app.ts github/commits"),
    )
    .action(async (target: string, worker: string | undefined, options) => finish(await next(target, worker, options, terminal)));

  withJson(program.command("check"))
    .description("report every problem of a module, and what is valid but probably not meant")
    .argument("<module>", moduleHelp)
    .option("--strict", "exit with 3 also if there are only lints")
    .addOption(
      new Option("--max-at-once <number>", "how many workers may be due in one second").argParser(atLeastOne).default(10),
    )
    .addOption(new Option("--ignore <lint>", "leave out a lint, such as skipped-hour; may be repeated").argParser(collect))
    .addHelpText("after", example("watchbill check app.ts --strict"))
    .action(async (module: string, options) => finish(await check(module, options, terminal)));
}

/** The command that simulates the workers of a module. */
function addPlan(program: Program, terminal: Terminal, finish: (code: number) => void): void {
  const repeatable = (flags: string, description: string): Option => new Option(flags, description).argParser(collect);
  withJson(program.command("plan"))
    .description("simulate the workers of a module, and show what they would do in a day")
    .argument("<module>", moduleHelp)
    .option("--for <duration>", "how long, such as 12h or 30d", "1d")
    .option("--start <date>", "a local date or time, such as 2026-03-29")
    .option("--timezone <name>", "an IANA name, such as Europe/Berlin; UTC by default")
    .addOption(new Option("--seed <number>", "of all randomness").argParser(atLeastOne))
    .addOption(
      repeatable("--takes <name=duration>", "how long runs take, such as 'github/*=2s' or 'github/*=1s-3s'; may be repeated"),
    )
    .addOption(repeatable("--outage <name=times>", "when runs fail, each day, such as 'github/*=02:00-03:00'; may be repeated"))
    .addOption(repeatable("--fails <name=number>", "the probability with which runs fail, from 0 to 1"))
    .addOption(repeatable("--hangs <name=number>", "the probability with which runs never end"))
    .addOption(repeatable("--slow <name=number>", "the factor by which runs take longer"))
    .addOption(new Option("--replicas <number>", "how many replicas of the service run").argParser(atLeastOne))
    .addOption(repeatable("--kill <replica=time>", "when a replica dies, such as 1=04:10"))
    .addOption(repeatable("--freeze <replica=times>", "while a replica is frozen, such as 2=04:10-04:15"))
    .addOption(repeatable("--deploy <time>", "when all replicas are replaced one after another"))
    .option("--svg <file>", "draw a picture")
    .addOption(
      new Option("--max-at-once <number>", "how many workers may be due in one second").argParser(atLeastOne).default(10),
    )
    .addHelpText("after", example("watchbill plan app.ts --for 1d --outage 'github/*=02:00-03:00' --replicas 3 --svg day.svg"))
    .action(async (module: string, options) => finish(await plan(module, options, terminal)));
}

/** Commands that run the workers of a module. */
function addRunCommands(program: Program, terminal: Terminal, finish: (code: number) => void): void {
  program
    .command("run")
    .description("run the workers of a module until SIGINT or SIGTERM")
    .argument("<module>", moduleHelp)
    .argument("[arguments...]", "of the module, in its process.argv")
    .addOption(new Option("--only <pattern>", "run only workers with such a name; may be repeated").argParser(collect))
    .addOption(new Option("--except <pattern>", "leave out workers with such a name; may be repeated").argParser(collect))
    .addOption(new Option("--dashboard [port]", "serve the page on 127.0.0.1").argParser(portNumber).preset("9090"))
    .option("--watch", "start anew when a file has changed that the module imports")
    .option("--no-socket", "do not listen for the commands status, trigger, pause, resume, restart and top")
    .addHelpText(
      "after",
      example("watchbill run app.ts --only 'github/*' --dashboard 9090", "watchbill run app.ts --watch -- --config dev.json"),
    )
    .action(async (module: string, args: string[], options) => {
      finish(options.watch === true ? await watch(module, args, options) : await run(module, args, options, terminal));
    });

  withJson(program.command("once"))
    .description("run a worker once, with its retries and its timeout; the exit code is the outcome")
    .argument("<module>", moduleHelp)
    .argument("<worker>")
    .addHelpText("after", example("watchbill once app.ts github/commits"))
    .action(async (module: string, worker: string, options) => finish(await once(module, worker, options, terminal)));
}

const controlled: Readonly<Record<Command, string>> = {
  trigger: "run repeated workers now",
  pause: "keep workers from running until they are resumed",
  resume: "end the pause of workers",
  restart: "stop workers and start them again",
};

/** Commands that talk to a running process. */
function addRemoteCommands(program: Program, terminal: Terminal, finish: (code: number) => void): void {
  withRemote(withJson(program.command("status")))
    .description("show how the workers of a running process are doing")
    .argument("[pattern...]", "names of workers, with * for anything")
    .addHelpText("after", example("watchbill status", "watchbill status 'github/*' --url http://127.0.0.1:9090/"))
    .action(async (patterns: string[], options) => finish(await status(patterns, options, terminal)));

  for (const [command, description] of Object.entries(controlled)) {
    if (!isCommand(command)) continue;
    withRemote(withJson(program.command(command)))
      .description(description)
      .argument("<pattern...>", "names of workers, with * for anything")
      .option("--reason <text>", "is in the log, and of a pause in the status")
      .addHelpText("after", example(`watchbill ${command} 'github/*' --reason "GitHub is down"`))
      .action(async (patterns: string[], options) => finish(await control(command, patterns, options, terminal)));
  }

  withRemote(withJson(program.command("top")))
    .description("show the workers of a running process, live; q ends it, s sorts")
    .addHelpText("after", example("watchbill top", "watchbill top --socket /run/user/1000/watchbill/4711.sock"))
    .action(async (options) => finish(await top(options, terminal)));
}

function isCommand(name: string): name is Command {
  return Object.hasOwn(controlled, name);
}

function withJson(command: Program): Program {
  return command.option("--json", "print JSON");
}

function withRemote(command: Program): Program {
  return command
    .option("--socket <path>", "the Unix socket of the process; by default, the only one of this user")
    .option("--url <url>", "the URL of its dashboard")
    .option("--token <token>", "of its dashboard; better in WATCHBILL_TOKEN, as other users see the arguments of a process");
}

function example(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n${codes}\n`;
}

function collect(pattern: string, patterns: readonly string[] = []): readonly string[] {
  return [...patterns, pattern];
}

function atLeastOne(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= 100_000) return number;
  throw new InvalidValue("Use a whole number from 1 to 100000.");
}

function portNumber(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new InvalidValue("Use a port from 0 to 65535; without one, write the option after the module.");
}
