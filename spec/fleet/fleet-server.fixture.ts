/** A database server of the tests' own. */
export interface FleetServer {
  readonly url: string;
  readonly port: number;
  /** Undefined, if it is not ours to restart. */
  readonly restart: ((downFor: number) => Promise<void>) | undefined;
  stop(): Promise<void>;
}
