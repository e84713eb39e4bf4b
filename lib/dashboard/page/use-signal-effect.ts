import { effect } from "@preact/signals-core";
import { useEffect } from "preact/hooks";

/** Runs after the component was rendered, and at once again whenever a signal that it has read changes. */
export function useSignalEffect(run: () => (() => void) | undefined, inputs: readonly unknown[]): void {
  useEffect(() => effect(run), inputs);
}
