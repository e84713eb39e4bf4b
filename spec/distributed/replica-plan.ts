/** The configuration of one replica process. */
export interface ReplicaPlan {
  readonly connection: string;
  readonly namespace: string;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly workers: readonly WorkerPlan[];
  /** The file to which all replicas append their events. */
  readonly log: string;
  /** By how many ms the wall clock of the replica is ahead. */
  readonly clockAhead?: number;
}

export interface WorkerPlan {
  readonly name: string;
  /** In ms; undefined for a continuous worker, or one with a schedule. */
  readonly interval?: number;
  /** A schedule with a time in each so many ms of the wall clock. */
  readonly each?: number;
  /** How long a run takes, in ms. */
  readonly lasts?: number;
  /** How many attempts of each run fail. */
  readonly failures?: number;
  readonly startImmediately?: boolean;
  /** Whether it is not distributed. */
  readonly isLocal?: boolean;
}

export interface LoggedEvent {
  readonly at: number;
  readonly pid: number;
  readonly worker: string;
  readonly what: "begins" | "writes" | "ends" | "fails" | "is aborted" | "sees abort" | "has stopped";
  readonly attempt: number;
}

export function isReplicaPlan(value: unknown): value is ReplicaPlan {
  return typeof value === "object" && value !== null && "workers" in value && Array.isArray(value.workers) && "log" in value;
}

export function isLoggedEvent(value: unknown): value is LoggedEvent {
  return typeof value === "object" && value !== null && "at" in value && "what" in value && "worker" in value;
}
