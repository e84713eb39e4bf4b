import { effect, signal } from "@preact/signals-core";
import type { Beat, Status, StripRun, Update } from "../api.js";
import { applyBeat, applySnapshot, applyUpdate, now, tick } from "./store.js";

/** When the page last received something, by the clock of the process; and whether the connection is open. */
export const lastHeard = signal(now());
export const isConnected = signal(false);

/** Why the server refuses to stream: after a log-in has expired, for example. */
export const refusal = signal("");

/** How long the process may be silent, in ms: it sends a beat every 5 s. */
const silence = 12_000;

const firstDelay = 500;
const maxDelay = 5_000;

let source: EventSource | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let delay = firstDelay;

/**
 * Streams `api/events` into the store, for as long as the tab is visible. Connects again after an error, with a growing delay,
 * and after a silence, as a connection may be lost without an error.
 */
export function startStream(onRuns: (runs: readonly StripRun[]) => void, onSnapshot: () => void): void {
  const listen = (): void => {
    close();
    const opened = new EventSource("api/events");
    source = opened;
    const on = <T>(type: string, apply: (data: T) => void): void => {
      opened.addEventListener(type, (event: MessageEvent<string>) => {
        const data: T = JSON.parse(event.data);
        // Reading 10,000 rows and applying them are two frames' work. Frames come in order, and not while the tab is hidden.
        requestAnimationFrame(() => {
          if (source !== opened) return;
          apply(data);
          delay = firstDelay;
          lastHeard.value = now();
          isConnected.value = true;
          refusal.value = "";
        });
      });
    };
    on<Status>("snapshot", (status) => {
      applySnapshot(status);
      tick.value = now();
      onSnapshot();
    });
    on<Update>("update", (update) => {
      applyUpdate(update);
      if (update.runs.length > 0) onRuns(update.runs);
    });
    on<Beat>("beat", applyBeat);
    opened.onerror = () => {
      const wasOpen = isConnected.peek();
      retry();
      if (!wasOpen) explain();
    };
  };
  const retry = (): void => {
    close();
    timer = setTimeout(listen, delay);
    delay = Math.min(maxDelay, delay * 2);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") return close();
    tick.value = now();
    listen();
  });
  effect(() => {
    if (isConnected.value && tick.value - lastHeard.peek() > silence) retry();
  });
  if (document.visibilityState === "visible") listen();
}

function close(): void {
  clearTimeout(timer);
  source?.close();
  source = undefined;
  isConnected.value = false;
}

/** An EventSource does not say why it was refused. */
function explain(): void {
  fetch("api/status", { method: "HEAD", redirect: "manual" }).then(
    ({ ok, status, type }) => {
      refusal.value =
        type === "opaqueredirect"
          ? "you are signed out: reload the page"
          : ok || status === 405
            ? ""
            : status === 401 || status === 403
              ? `access was refused (${status})`
              : `the server answered ${status}`;
    },
    () => {
      refusal.value = "";
    },
  );
}
