import type { Faults } from "./faults.js";

const events = ["unhandledRejection", "uncaughtException", "warning"] as const;

/** Has whatever the process complains of among the faults, instead of its end. Returns how to stop that. */
export function watchProcess(faults: Faults): () => void {
  const callOffs = events.map((event) => {
    const tell = (error: unknown): void => {
      faults.add("process", `${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    };
    process.on(event, tell);
    return () => process.off(event, tell);
  });
  return () => {
    for (const callOff of callOffs) callOff();
  };
}
