import { signal } from "@preact/signals-core";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Detail, Row } from "../api.js";
import type { draw } from "./chart.js";
import { commandWorkers, encode, signedOut } from "./commands.js";
import { copy } from "./copy.js";
import { dialog } from "./dialog.js";
import { verbs } from "./dialogs.jsx";
import { setView, view } from "./location.js";
import { stackLines } from "./stack.js";
import { allowed, since as healthSince, revision, rows, tick } from "./store.js";
import { StripCanvas } from "./strip-canvas.jsx";
import { Time } from "./table.jsx";
import { themeChange } from "./theme.js";
import { useSignalEffect } from "./use-signal-effect.js";
import { ago, count, duration, exact, healthWord, isFailing, percent, until, visible, why } from "./words.js";

const detail = signal<Detail | undefined>(undefined);
const problem = signal("");

let loading = "";
/** The row when the details were loaded: they are loaded again when it is another one. */
let loadedRow: Row | undefined;

async function load(name: string): Promise<void> {
  if (loading === name) return;
  loading = name;
  loadedRow = rows.get(name);
  try {
    const response = await fetch(`api/worker?name=${encode(name)}`, { redirect: "manual" });
    if (response.type === "opaqueredirect") {
      problem.value = signedOut;
      return;
    }
    const body: Detail & { error?: string } = await response.json();
    if (view.peek().worker !== name) return;
    problem.value = response.ok ? "" : visible(body.error ?? `The server answered ${response.status}`);
    if (response.ok) detail.value = body;
  } catch {
    if (detail.peek() === undefined) problem.value = "The process does not answer";
  } finally {
    if (loading === name) loading = "";
  }
}

/** One worker: why it fails, its last runs, and how long they took. */
export function DetailPanel({ name }: { name: string }) {
  useEffect(() => {
    detail.value = undefined;
    problem.value = "";
    void load(name);
    document.querySelector<HTMLElement>(".detail")?.scrollTo(0, 0);
  }, [name]);
  // At most once a second, and only if the row has changed.
  useSignalEffect(() => {
    void tick.value;
    const row = rows.get(view.value.worker ?? "");
    if (row !== undefined && row !== loadedRow && loading === "") void load(row.name);
    return undefined;
  }, []);
  void revision.value;
  const row = rows.get(name) ?? detail.value?.row;
  const now = tick.value;
  const { zone } = view.value;
  const known = detail.value?.row.name === name ? detail.value : undefined;
  const close = (): void => setView({ worker: undefined });
  return (
    <aside class="detail" aria-label={`Worker ${visible(name)}`}>
      <div class="title">
        <h2>{visible(name)}</h2>
        <button type="button" class="quiet" onClick={close} aria-label="Close the worker">
          ×
        </button>
      </div>
      {problem.value !== "" && <p class="problem">{problem.value}</p>}
      {row && (
        <>
          <p class={`state ${isFailing(row) ? "firing" : row.health}`}>
            <b class="health">{healthWord(row)}</b> <Time time={healthSince(row)} prefix="since " schedule={row.schedule} />
            <span class="why">{why(row, now)}</span>
            {row.pause && <Time time={row.pause.since} prefix="paused since " schedule={row.schedule} />}
          </p>
          <div class="buttons">
            {allowed.value
              .filter((command) => command !== (row.phase === "paused" ? "pause" : "resume"))
              .map((command) => (
                <button
                  key={command}
                  type="button"
                  onClick={() => {
                    if (command === "trigger" || command === "resume") void commandWorkers(command, [name]);
                    else dialog.value = { kind: "names", command, names: [name] };
                  }}
                >
                  {verbs[command]}
                </button>
              ))}
          </div>
          <StripCanvas name={name} />
          <dl class="facts">
            <Fact name="Schedule" value={row.schedule === null ? "continuous" : visible(row.schedule)} />
            <Fact name="Group" value={row.group === null ? "–" : visible(row.group)} />
            {row.runner !== "" && <Fact name="Runner" value={visible(row.runner)} />}
            <Fact name="Success" value={row.successRate === null ? "–" : percent(row.successRate)} />
            <Fact name="Runs" value={count(row.runs)} />
            <Fact name="Failures" value={count(row.failures)} />
            <Fact name="Failures in a row" value={count(row.attempt)} />
            <Fact name="Missed" value={count(row.missed)} />
            <Fact name="Last success" value={row.lastSuccess === null ? "never" : ago(row.lastSuccess, now)} />
            <Fact name="Next run" value={row.nextDue === null ? "–" : until(row.nextDue, now)} />
            {row.holder && <Fact name="Held by" value={`${visible(row.holder.host)}, pid ${row.holder.pid}`} />}
          </dl>
        </>
      )}
      {known && (
        <>
          <Errors errors={known.errors} schedule={known.row.schedule} />
          <Chart detail={known} />
          <Runs detail={known} />
          {known.missed.length > 0 && (
            <>
              <h3>Missed runs</h3>
              <ul class="missed">
                {known.missed.map(({ at, count: many, reason }) => (
                  <li key={at} title={exact(at, zone, known.row.schedule)}>
                    {ago(at, now)}: {count(many)}, {missedBecause[reason]}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </aside>
  );
}

const missedBecause = {
  busy: "the run before was still running",
  blocked: "the event loop was blocked",
  paused: "the worker was paused",
} as const;

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={value}>{value}</dd>
    </div>
  );
}

function Errors({ errors, schedule }: { errors: Detail["errors"]; schedule: string | null }) {
  return (
    <>
      <h3>Last errors</h3>
      {errors.length === 0 && <p class="dim">There are none.</p>}
      {errors.map((error, index) => (
        <ErrorText key={`${error.at} ${error.text.length}`} error={error} schedule={schedule} isOpen={index === 0} />
      ))}
    </>
  );
}

function ErrorText({ error, schedule, isOpen }: { error: Detail["errors"][number]; schedule: string | null; isOpen: boolean }) {
  const [copied, setCopied] = useState("");
  const [first, ...rest] = stackLines(error.text);
  return (
    <details class="error" open={isOpen}>
      <summary>
        <span class="message">{visible(first?.text ?? "")}</span>
        <span class="dim">
          {error.count > 1 && `${count(error.count)} times, last `}
          {ago(error.at, tick.value)} <Time time={error.at} schedule={schedule} />
        </span>
      </summary>
      <div class="stack">
        <button
          type="button"
          onClick={() => void copy(error.text).then((isCopied) => setCopied(isCopied ? "Copied" : "Not copied: select the text"))}
        >
          <span aria-live="polite">{copied || "Copy"}</span>
        </button>
        {rest.length > 0 && (
          <pre tabIndex={0} role="region" aria-label="Stack">
            {rest.map((line, index) => (
              <span key={index} class={line.isForeign ? "foreign" : undefined}>
                {visible(line.text, true)}
                {"\n"}
              </span>
            ))}
          </pre>
        )}
      </div>
    </details>
  );
}

const causes = { schedule: "", command: "command", retry: "retry", start: "start" } as const;

function Runs({ detail: { runs, row } }: { detail: Detail }) {
  const { zone } = view.value;
  return (
    <>
      <h3>{runs.length === 0 ? "Runs" : `Last ${count(runs.length)} runs`}</h3>
      {runs.length === 0 ? (
        <p class="dim">It has not run yet since the history is kept.</p>
      ) : (
        <div class="runs" tabIndex={0} role="region" aria-label="Last runs">
          <table>
            <thead>
              <tr>
                <th>Start</th>
                <th class="num">Late</th>
                <th class="num">Took</th>
                <th class="num" title="Failures in a row before this run">
                  Attempt
                </th>
                <th>Outcome</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <tr key={run.start} class={run.outcome}>
                  <td title={exact(run.start, zone, row.schedule)}>
                    <Time time={run.start} schedule={row.schedule} />
                  </td>
                  <td class="num">{duration(run.lateness)}</td>
                  <td class="num">{duration(run.duration)}</td>
                  <td class="num">{run.attempt + 1}</td>
                  <td class="outcome">
                    {run.outcome}
                    {causes[run.cause] !== "" && <span class="dim"> · {causes[run.cause]}</span>}
                    {run.error !== null && <span class="dim"> · {visible(run.error)}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

let chart: Promise<{ draw: typeof draw }> | undefined;

function Chart({ detail: { runs, row } }: { detail: Detail }) {
  const { zone } = view.value;
  const { schedule } = row;
  const box = useRef<HTMLDivElement>(null);
  void themeChange.value;
  useEffect(() => {
    const element = box.current;
    if (element === null || runs.length < 2) return;
    let clear: (() => void) | undefined;
    let isGone = false;
    // It is loaded with the first worker that is opened.
    const url = new URL("chart.js", import.meta.url).href;
    chart ??= import(url);
    chart.then(
      ({ draw }) => {
        if (!isGone) clear = draw(element, runs, zone, schedule);
      },
      () => (chart = undefined),
    );
    return () => {
      isGone = true;
      clear?.();
    };
  }, [runs, themeChange.value, zone]);
  if (runs.length < 2) return null;
  return (
    <>
      <h3>Duration and lateness</h3>
      <div class="chart" ref={box} role="img" aria-label={`Duration and lateness of the last ${runs.length} runs`} />
    </>
  );
}
