import { WatchbillError } from "../index.js";

/** A run of a modelled worker has failed, as the options of the simulation demand. */
export class SimulatedFailure extends WatchbillError {
  static {
    this.prototype.name = "SimulatedFailure";
  }

  readonly worker: string;

  constructor(worker: string, why: string) {
    super(why);
    this.worker = worker;
  }
}
