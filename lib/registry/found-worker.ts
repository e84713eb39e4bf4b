import type { DeclarativeWorker } from "../declarative-worker.js";

/** A class, as far as its workers are concerned. */
export interface NamedType {
  readonly name: string;
}

/** A worker of the roster, and where it was found, for the messages. */
export interface FoundWorker {
  readonly worker: DeclarativeWorker;
  /** For example `"CommitFetcher.fetchCommits"`. */
  readonly origin: string;
}
