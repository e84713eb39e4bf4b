import { signal } from "@preact/signals-core";
import type { Command } from "../api.js";

export type DialogState =
  | { readonly kind: "help" }
  /** A command for workers by name. */
  | { readonly kind: "names"; readonly command: Command; readonly names: readonly string[] }
  /** A command for all workers that match a pattern. */
  | { readonly kind: "pattern"; readonly pattern: string };

/** The dialog that is open. */
export const dialog = signal<DialogState | undefined>(undefined);
