import type { LoggerService } from "@nestjs/common";

/** Keeps what an application logs, as it is passed to the logger. */
export class RecordingNestLogger implements LoggerService {
  readonly calls: [level: string, ...args: unknown[]][] = [];

  log(...args: unknown[]): void {
    this.calls.push(["log", ...args]);
  }

  error(...args: unknown[]): void {
    this.calls.push(["error", ...args]);
  }

  warn(...args: unknown[]): void {
    this.calls.push(["warn", ...args]);
  }

  debug(...args: unknown[]): void {
    this.calls.push(["debug", ...args]);
  }

  /** The entries of a context, each with its level. */
  of(context: string): string[] {
    return this.calls.flatMap(([level, ...args]) => (args.at(-1) === context ? [`${level}: ${String(args[0])}`] : []));
  }
}
