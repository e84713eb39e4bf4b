import type { Command as Program } from "commander";
import { CommandError, exitCodes } from "./exit-codes.js";
import { printable } from "./table.js";
import type { Terminal } from "./terminal.js";

/** A command, as a shell completes it. */
interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
}

const scripts: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = { bash, zsh, fish };

/** Prints a script that completes the commands, their options, and files. */
export function completion(shell: string, program: Program, terminal: Terminal): number {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined)
    throw new CommandError(exitCodes.usage, `There is no completion for ${printable(shell)}: use bash, zsh or fish`);
  terminal.print(script(completedCommands(program)));
  return exitCodes.ok;
}

function completedCommands(program: Program): CompletedCommand[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...command.options.flatMap(({ long }) => long ?? []), "--help"],
  }));
}

function bash(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, options }) => `    ${name}) words="${options.join(" ")}" ;;`);
  return `# bash completion of watchbill: source <(watchbill completion bash)
_watchbill() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} help --help --version" -- "$current"))
    return
  fi
  if [[ "$current" != -* ]]; then return; fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# Where it has nothing to say, bash completes files.
complete -o default -F _watchbill watchbill`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  const cases = commands.map(({ name, options }) => `    ${name}) compadd -- ${options.join(" ")} ;;`);
  return `#compdef watchbill
# zsh completion of watchbill: source <(watchbill completion zsh)
_watchbill() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  if [[ "\${words[CURRENT]}" != -* ]]; then
    _files
    return
  fi
  case "\${words[2]}" in
${cases.join("\n")}
  esac
}
compdef _watchbill watchbill`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c watchbill -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
    ...options.map((option) => `complete -c watchbill -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
  ]);
  return `# fish completion of watchbill: watchbill completion fish | source
${lines.join("\n")}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
