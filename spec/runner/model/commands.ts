import { expect } from "chai";
import fc from "fast-check";
import { cast, type ReferenceRunner } from "./reference-runner.js";
import { type Ending, type Mode, type Site, sites } from "./reference-worker.js";
import type { Stage } from "./stage.js";

type Command = fc.AsyncCommand<ReferenceRunner, Stage>;

/** One step of a history: done to the model and to the real runner, which must look the same afterwards. */
class Step implements Command {
  readonly #shown: string;
  readonly #isPossible: (model: ReferenceRunner) => boolean;
  readonly #onModel: (model: ReferenceRunner) => void;
  readonly #onStage: (stage: Stage) => void;

  constructor(
    shown: string,
    onModel: (model: ReferenceRunner) => void,
    onStage: (stage: Stage) => void,
    isPossible: (model: ReferenceRunner) => boolean = () => true,
  ) {
    this.#shown = shown;
    this.#onModel = onModel;
    this.#onStage = onStage;
    this.#isPossible = isPossible;
  }

  check(model: ReferenceRunner): boolean {
    return this.#isPossible(model);
  }

  async run(model: ReferenceRunner, stage: Stage): Promise<void> {
    this.#onModel(model);
    model.settleAll();
    this.#onStage(stage);
    await stage.advance([...model.moments.splice(0), model.now]);
    expect(stage.rows().join("\n"), "status").to.equal(model.rows.join("\n"));
    expect(stage.outcome, "outcome of run()").to.equal(model.outcome);
    expect([...stage.triggers].sort(byId), "triggers").to.deep.equal([...model.triggers].sort(byId));
    expect(stage.overlaps, "overlapping runs").to.equal(0);
  }

  toString(): string {
    return this.#shown;
  }
}

function byId([first]: readonly [number, string], [second]: readonly [number, string]): number {
  return first - second;
}

const names = fc.constantFrom(...Object.keys(cast));
let triggers = 0;

/** Something that is done with one worker while the runner runs, and refused at other times. */
function order(
  shown: string,
  name: string,
  onModel: (model: ReferenceRunner, name: string) => void,
  onStage: (stage: Stage) => Promise<void> | void,
): Command {
  return new Step(
    `${shown}(${name})`,
    (model) => {
      if (model.isUp) onModel(model, name);
    },
    (stage) => stage.command(() => onStage(stage)),
  );
}

/** A command to one that is at work. */
function toWorking(act: (worker: NonNullable<ReturnType<ReferenceRunner["worker"]>>) => void) {
  return (model: ReferenceRunner, name: string): void => {
    const worker = model.worker(name);
    if (worker !== undefined && !worker.isDone) act(worker);
  };
}

function trigger(name: string): Command {
  let id = 0;
  return new Step(
    `trigger(${name})`,
    (model) => {
      id = ++triggers;
      model.triggers.set(id, "pending");
      triggerModel(model, name, id);
    },
    (stage) => stage.trigger(id, name),
  );
}

function triggerModel(model: ReferenceRunner, name: string, id: number): void {
  const worker = model.worker(name);
  if (!model.isUp || worker === undefined || worker.isDone || worker.kind === "loop") model.settleTrigger(id, false);
  else worker.trigger(id);
}

const interruptions = ["pause", "resume", "restart", "trigger", "remove", "stop"] as const;

/** A command that is called the next time that something happens to a worker: it runs after the change. */
function interruption(site: Site, name: string, command: (typeof interruptions)[number], target: string): Command {
  let id = 0;
  return new Step(
    `${command}(${target}) at the next ${site} of ${name}`,
    (model) => {
      id = ++triggers;
      model.arm(site, name, () => {
        if (command === "stop") return () => model.stop();
        if (command === "remove") return () => model.remove(target);
        if (command === "trigger") {
          model.triggers.set(id, "pending");
          return () => triggerModel(model, target, id);
        }
        return () => {
          if (command === "restart" ? model.isUp : isAtWork(model, target)) model.worker(target)?.[command]();
        };
      });
    },
    (stage) => {
      stage.arm(site, name, () => {
        if (command === "trigger") stage.trigger(id, target);
        else stage.command(() => stage.runner[command](target));
      });
    },
  );
}

function isAtWork(model: ReferenceRunner, name: string): boolean {
  return model.isUp && model.worker(name)?.isDone === false;
}

const isQuiet = (model: ReferenceRunner): boolean => model.isUp || (model.outcome !== "pending" && !model.hangs);

export const commands: fc.Arbitrary<Command>[] = [
  fc.constant(
    new Step(
      "start",
      (model) => model.start(),
      (stage) => stage.start(),
      (model) => model.outcome !== "pending" && !model.hangs,
    ),
  ),
  fc.constant(
    new Step(
      "stop",
      (model) => model.stop(),
      (stage) => stage.command(() => stage.runner.stop()),
    ),
  ),
  fc.integer({ min: 1, max: 90_000 }).map(
    (ms) =>
      new Step(
        `advance(${ms})`,
        (model) => model.advance(ms),
        () => {},
      ),
  ),
  fc.tuple(names, fc.constantFrom<Mode>("returns", "fails", "waits", "hangs")).map(
    ([name, mode]) =>
      new Step(
        `${name} ${mode} from now on`,
        (model) => model.modes.set(name, mode),
        (stage) => void stage.modes.set(name, mode),
      ),
  ),
  fc.tuple(names, fc.constantFrom<Ending>("returns", "fails", "done")).map(
    ([name, how]) =>
      new Step(
        `${name} ${how}`,
        (model) => model.settle(name, how),
        (stage) => stage.settle(name, how),
      ),
  ),
  names.map(trigger),
  fc
    .tuple(fc.constantFrom(...sites), names, fc.constantFrom(...interruptions), names)
    .map(([site, name, command, target]) => interruption(site, name, command, target)),
  names.map((name) =>
    order(
      "pause",
      name,
      toWorking((worker) => worker.pause()),
      ({ runner }) => runner.pause(name),
    ),
  ),
  names.map((name) =>
    order(
      "resume",
      name,
      toWorking((worker) => worker.resume()),
      ({ runner }) => runner.resume(name),
    ),
  ),
  names.map((name) =>
    order(
      "restart",
      name,
      (model) => model.worker(name)?.restart(),
      ({ runner }) => runner.restart(name),
    ),
  ),
  names.map(
    (name) =>
      new Step(
        `add(${name})`,
        (model) => {
          if (model.worker(name) === undefined) model.add(name);
        },
        (stage) => stage.command(() => void stage.runner.add(stage.declare(name))),
        isQuiet,
      ),
  ),
  names.map(
    (name) =>
      new Step(
        `remove(${name})`,
        (model) => model.remove(name),
        (stage) => stage.command(() => stage.runner.remove(name)),
        isQuiet,
      ),
  ),
];
