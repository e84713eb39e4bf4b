import { dialog } from "./dialog.js";
import { setView, view } from "./location.js";
import { totals } from "./selection.js";
import { server, tick } from "./store.js";
import { isConnected, lastHeard, refusal } from "./stream.js";
import { nextTheme, setTheme, theme } from "./theme.js";
import { count, since, span, visible, workers, type Zone } from "./words.js";

export function Header() {
  const process = server.value?.process;
  return (
    <header class="top">
      <h1>watchbill</h1>
      {process && (
        <span class="process" title={`watchbill ${process.version}, Node ${process.node}, ${process.timeZone}`}>
          {visible(process.host)}{" "}
          <span class="dim">
            pid {process.pid}, up {span(tick.value - process.startedAt)}
          </span>
        </span>
      )}
      <Connection />
      <span class="grow" />
      <label class="select">
        <span class="label">Times</span>
        <select
          value={view.value.zone}
          onChange={({ currentTarget }) => setView({ zone: currentTarget.value as Zone })}
          aria-label="Time zone of the times"
        >
          <option value="local">Local time</option>
          <option value="utc">UTC</option>
          <option value="schedule">Schedule time</option>
        </select>
      </label>
      <button type="button" class="quiet" onClick={() => setTheme(nextTheme())} title="Switch the colours: auto, light, dark">
        <span class="label">Colours: </span>◐ {theme.value}
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => (dialog.value = { kind: "help" })}
        aria-label="Help and keyboard shortcuts"
      >
        ?
      </button>
    </header>
  );
}

function Connection() {
  const silent = tick.value - lastHeard.value;
  const state = server.value?.state;
  if (isConnected.value && silent < 8_000)
    return <span class={state === "running" ? "live" : "live warn"}>{state === "running" ? "Live" : `Runner ${state}`}</span>;
  const heard = server.value === undefined ? "Connecting" : `Last heard ${span(Math.max(0, silent))} ago`;
  const state2 = isConnected.value ? "" : server.value === undefined ? "" : ", reconnecting";
  return (
    <span class="live lost" role="status">
      {heard}
      {refusal.value === "" ? state2 : `: ${refusal.value}`}
    </span>
  );
}

/** What is wrong, in a sentence; then how many workers there are of each kind, to filter by. */
export function Summary() {
  const { all, counts, firstFailure } = totals.value;
  const { show, zone } = view.value;
  if (server.value === undefined) return <section class="summary" aria-label="Summary" />;
  const begin = Number.isFinite(firstFailure) ? `, since ${since(firstFailure, tick.value, zone)}` : "";
  return (
    <section class="summary" aria-label="Summary">
      <h2 class={counts.failing > 0 ? "bad" : ""}>
        {counts.failing > 0
          ? `${count(counts.failing)} of ${workers(all)} ${counts.failing === 1 ? "is" : "are"} failing${begin}`
          : all === 0
            ? "There are no workers"
            : all === 1
              ? "The worker is not failing"
              : `None of ${workers(all)} is failing`}
      </h2>
      <div class="chips" role="group" aria-label="Filter by state">
        <Chip value="" label="all" n={all} />
        {(Object.keys(counts) as (keyof typeof counts)[]).map((kind) =>
          counts[kind] > 0 || show === kind ? <Chip key={kind} value={kind} label={kind} n={counts[kind]} /> : null,
        )}
      </div>
    </section>
  );
}

function Chip({ value, label, n }: { value: string; label: string; n: number }) {
  return (
    <button
      type="button"
      class={`chip ${value}`}
      aria-pressed={view.value.show === value}
      onClick={() => setView({ show: value })}
    >
      {label} <b>{count(n)}</b>
    </button>
  );
}
