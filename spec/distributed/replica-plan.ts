/** What one replica does. */
export interface ReplicaPlan {
  readonly connection: string;
  readonly namespace: string;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly workers: readonly WorkerPlan[];
  /** The file to which all replicas write what happens. */
  readonly log: string;
}

export interface WorkerPlan {
  readonly name: string;
  /** In ms. A continuous worker has none. */
  readonly interval?: number;
  /** How long a run takes, in ms. */
  readonly lasts?: number;
  /** How many attempts of each run fail. */
  readonly failures?: number;
  readonly startImmediately?: boolean;
  /** It is not distributed. */
  readonly isLocal?: boolean;
}

export interface Happening {
  readonly at: number;
  readonly pid: number;
  readonly worker: string;
  readonly what: "begins" | "writes" | "ends" | "fails" | "is aborted" | "heeds" | "has stopped";
  readonly attempt: number;
}

export function isReplicaPlan(value: unknown): value is ReplicaPlan {
  return typeof value === "object" && value !== null && "workers" in value && Array.isArray(value.workers) && "log" in value;
}

export function isHappening(value: unknown): value is Happening {
  return typeof value === "object" && value !== null && "at" in value && "what" in value && "worker" in value;
}
