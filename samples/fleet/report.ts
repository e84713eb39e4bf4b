/** What a replica tells its parent: a run of a worker has begun or ended, at a time in ms since the epoch. */
export interface Report {
  readonly worker: string;
  readonly stage: "begun" | "done" | "cut short";
  readonly at: number;
}

/** Whether a message is a report. What comes from another process is not to be trusted to be what it should. */
export function isReport(message: unknown): message is Report {
  return (
    typeof message === "object" &&
    message !== null &&
    "worker" in message &&
    typeof message.worker === "string" &&
    "stage" in message &&
    (message.stage === "begun" || message.stage === "done" || message.stage === "cut short") &&
    "at" in message &&
    typeof message.at === "number"
  );
}

/** What a replica logs as a warning or an error, in one line. */
export interface Complaint {
  readonly complaint: string;
}

export function isComplaint(message: unknown): message is Complaint {
  return typeof message === "object" && message !== null && "complaint" in message && typeof message.complaint === "string";
}
