import { expect } from "chai";
import { pino } from "pino";
import sinon from "sinon";
import type { Logger } from "watchbill";
import winston from "winston";
import { isLogger, loggerProblem } from "../../lib/runtime/logger.js";

const methods = () => ({ debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() });

class NestLogger {
  log(): void {}
  debug(): void {}
  verbose(): void {}
  warn(): void {}
  error(): void {}
}

describe("A logger", () => {
  // The assignments also check that these types are loggers.
  const [ofPino, ofConsole, ofDetails]: Logger[] = [
    pino({ enabled: false }),
    console,
    { ...methods(), info: (details: object): object => details },
  ];

  for (const [what, logger] of [
    ["pino's", ofPino],
    ["the console", ofConsole],
    ["an object with the four methods", ofDetails],
    ["a function with the four methods", Object.assign(() => {}, methods())],
    ["an instance of a class", Object.create(methods())],
    ["bunyan's with its serializers", { ...methods(), addSerializers: () => {}, serializers: { err: () => {} } }],
  ] as [string, unknown][]) {
    it(`can be ${what}`, () => {
      expect(loggerProblem(logger)).to.equal(undefined);
      expect(isLogger(logger)).to.equal(true);
    });
  }

  const { info: _, ...withoutInfo } = methods();
  const { debug: _debug, warn: _warn, ...twoOfThem } = methods();
  for (const [what, value, problem] of [
    ["undefined", undefined, "it is undefined"],
    ["null", null, "it is null"],
    ["a string", "postgres://u:secret@h", "it is a string"],
    [
      "an object without methods",
      { url: "secret" },
      "it is an object with the key url, and has no method debug, info, warn, error",
    ],
    ["pino itself", pino, "it is the function pino, and has no method debug, info, warn, error"],
    ["an object without info", withoutInfo, "it has no method info"],
    ["an object without two", twoOfThem, "it has no method debug and no method warn"],
    ["an object with a member that is not a method", { ...methods(), warn: true }, "it has no method warn"],
    [
      "an object whose methods cannot be read",
      Object.defineProperty(methods(), "info", { get: () => expect.fail() }),
      "it has no method info",
    ],
  ] as [string, unknown, string][]) {
    it(`cannot be ${what}; the error does not show its contents`, () => {
      expect(loggerProblem(value)).to.equal(problem);
      expect(isLogger(value)).to.equal(false);
    });
  }

  const ofWinston = winston.createLogger({ silent: true });
  for (const [what, value, problem] of [
    ["winston's", ofWinston, /^it is a winston logger, which takes the message first and would lose it, and stacks: wrap it/],
    ["a child of winston's", ofWinston.child({ a: 1 }), /^it is a winston logger/],
    ["winston itself", winston, /^it is a winston logger/],
    ["Nest's", new NestLogger(), /^it is a logger with the shape of Nest's, which takes the message first: wrap it/],
    ["bunyan's without its serializers", { ...methods(), addSerializers: () => {} }, /create it with bunyan\.stdSerializers$/],
  ] as [string, unknown, RegExp][]) {
    it(`cannot be ${what}, which would lose messages or stacks`, () => {
      expect(loggerProblem(value)).to.match(problem);
      expect(isLogger(value)).to.equal(false);
    });
  }
});
