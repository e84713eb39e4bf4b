import { signal } from "@preact/signals-core";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { Row } from "../api.js";
import { dialog } from "./dialog.js";
import { verbs } from "./dialogs.jsx";
import { type SortKey, setView, view } from "./location.js";
import { cursor, listed, selected, toggleSelected } from "./selection.js";
import { onShowRow } from "./shortcuts.js";
import { allowed, since as healthSince, revision, rows, server, tick } from "./store.js";
import { StripCanvas } from "./strip-canvas.jsx";
import { wantStrips } from "./strips.js";
import { VirtualList } from "./virtual-list.jsx";
import { ago, clock, count, duration, exact, healthWord, isFailing, percent, since, until, visible, why } from "./words.js";

/** How much room there is: on a phone, a row is a card. */
const size = signal<"cards" | "small" | "medium" | "large">("large");

const columns: readonly (readonly [SortKey, string, string])[] = [
  ["health", "Health", "c-health"],
  ["name", "Worker", "c-name"],
  ["state", "What it does, and why", "c-why"],
  ["last", "Last run", "c-last"],
  ["rate", "Success", "c-rate"],
  ["next", "Next run", "c-next"],
];

/** The lines that were rendered for these inputs: while they are the same, scrolling renders only lines that are new. */
const lines = new Map<number, { readonly row: Row; readonly line: VNode }>();
let inputs: readonly unknown[] = [];

function forgetOldLines(): void {
  const current = [tick.value, view.value, selected.value, cursor.value, allowed.value, revision.value];
  if (current.every((input, index) => input === inputs[index])) return;
  inputs = current;
  lines.clear();
}

export function Table() {
  forgetOldLines();
  const scrollTo = useRef<(index: number) => void>(null);
  onShowRow((index) => {
    scrollTo.current?.(index);
    // After it was rendered.
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".row.cursor a")?.focus({ preventScroll: true }));
  });
  const items = listed.value;
  return (
    <section class="main" aria-label="Workers">
      <Toolbar />
      {items.length === 0 && server.value !== undefined ? (
        <Empty />
      ) : (
        <VirtualList
          class={`list ${size.value}${allowed.value.length > 0 ? " can-select" : ""}`}
          role="table"
          label="Workers"
          rowHeight={size.value === "cards" ? 124 : 46}
          items={items}
          scrollTo={scrollTo}
          onVisible={(visibleRows) => wantStrips(visibleRows.map(({ name }) => name))}
          onWidth={(width) => {
            size.value = width < 620 ? "cards" : width < 900 ? "small" : width < 1000 ? "medium" : "large";
          }}
          header={<Head />}
          keyOf={({ name }) => name}
          render={(row, index, top, key) => {
            const known = lines.get(key);
            if (known?.row === row) return known.line;
            const line = <Line key={key} row={row} index={index} top={top} />;
            lines.set(key, { row, line });
            return line;
          }}
        />
      )}
    </section>
  );
}

function Empty() {
  const isFiltered = rows.size > 0;
  return (
    <p class="empty">
      {isFiltered ? "No worker matches. " : "This runner has no workers yet; they are listed here as soon as they are added."}
      {isFiltered && (
        <button type="button" onClick={() => setView({ q: "", show: "", runner: undefined, group: undefined })}>
          Show all
        </button>
      )}
    </p>
  );
}

function Toolbar() {
  const { q, runner, group } = view.value;
  const names = [...selected.value].filter((name) => rows.has(name));
  const scope = group ?? runner;
  return (
    <div class="toolbar">
      <input
        id="filter"
        type="search"
        placeholder="Filter by name, error or schedule  ( / )"
        aria-label="Filter"
        value={q}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) => setView({ q: currentTarget.value })}
      />
      {scope !== undefined && (
        <button
          type="button"
          class="scope"
          onClick={() => setView({ runner: undefined, group: undefined })}
          title="Show all workers"
        >
          {visible(scope || "this runner")} <span aria-hidden="true">×</span>
          <span class="label">, show all workers</span>
        </button>
      )}
      <span class="dim shown">{count(listed.value.length)} shown</span>
      <span class="grow" />
      {names.length > 0 ? (
        <span class="actions" role="group" aria-label="Commands for the selected workers">
          <b>{count(names.length)} selected</b>
          {allowed.value.map((command) => (
            <button key={command} type="button" onClick={() => (dialog.value = { kind: "names", command, names })}>
              {verbs[command]}
            </button>
          ))}
          <button type="button" class="quiet" onClick={() => (selected.value = new Set())}>
            Clear
          </button>
        </span>
      ) : (
        allowed.value.length > 0 && (
          <button type="button" onClick={() => (dialog.value = { kind: "pattern", pattern: patternOf(q, scope) })}>
            <span class="wide">Command by </span>pattern…
          </button>
        )
      )}
    </div>
  );
}

function patternOf(q: string, scope: string | undefined): string {
  if (q.includes("*")) return q;
  return scope ? `${scope}/*` : q === "" ? "" : `*${q}*`;
}

function Head() {
  const { sort, isReversed } = view.value;
  const names = listed.value;
  const isAll = names.length > 0 && names.every(({ name }) => selected.value.has(name));
  return (
    <div role="rowgroup" class="head">
      <div role="row" class="cells" aria-rowindex={1}>
        {allowed.value.length > 0 && (
          <span role="columnheader" class="c-select">
            <input
              type="checkbox"
              aria-label="Select all workers that are listed"
              checked={isAll}
              onChange={() => (selected.value = isAll ? new Set() : new Set(names.map(({ name }) => name)))}
            />
          </span>
        )}
        {columns.map(([key, title, style]) => (
          <span
            key={key}
            role="columnheader"
            class={style}
            aria-sort={sort === key ? (isReversed ? "descending" : "ascending") : undefined}
          >
            <button
              type="button"
              onClick={() => setView(nextSort(key))}
              title="Sort; failing workers first again with the third click"
            >
              {title}
              {sort === key && (isReversed ? " ↓" : " ↑")}
            </button>
          </span>
        ))}
        <span role="columnheader" class="c-strip">
          <span>−1 h</span>
          <span>now</span>
          <span>+1 h</span>
        </span>
      </div>
    </div>
  );
}

function nextSort(key: SortKey): { sort: SortKey; isReversed: boolean } {
  const { sort, isReversed } = view.value;
  if (sort !== key) return { sort: key, isReversed: false };
  return isReversed ? { sort: "attention", isReversed: false } : { sort: key, isReversed: true };
}

function Line({ row, index, top }: { row: Row; index: number; top: number }) {
  const now = tick.value;
  const { zone, worker } = view.value;
  const { name, schedule } = row;
  const isSelected = selected.value.has(name);
  const classes = `row ${isFailing(row) ? "firing" : row.health} ${row.phase}${cursor.value === name ? " cursor" : ""}${worker === name ? " open" : ""}${isSelected ? " selected" : ""}`;
  const open = (): void => {
    cursor.value = name;
    setView({ worker: name });
  };
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      class={classes}
      style={{ transform: `translateY(${top}px)` }}
      onClick={({ target }) => {
        if (target instanceof Element && target.closest("a, input, label") === null) open();
      }}
    >
      {allowed.value.length > 0 && (
        <span role="cell" class="c-select">
          <input
            type="checkbox"
            aria-label={`Select ${visible(name)}`}
            checked={isSelected}
            onChange={() => toggleSelected(name)}
          />
        </span>
      )}
      <span role="cell" class="c-health">
        <b class="health">{healthWord(row)}</b>
        <Time time={healthSince(row)} prefix="since " schedule={schedule} />
      </span>
      <span role="cell" class="c-name">
        <a
          href={`?worker=${encodeURIComponent(name.toWellFormed())}`}
          title={visible(name)}
          onFocus={() => (cursor.value = name)}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            open();
          }}
        >
          {visible(name)}
        </a>
        <small>{schedule === null ? "continuous" : visible(schedule)}</small>
      </span>
      <Why row={row} now={now} />
      <span role="cell" class="c-last">
        {row.lastStart === null ? (
          <small>never</small>
        ) : (
          <>
            <span title={exact(row.lastStart, zone, schedule)}>
              {ago(row.lastStart, now)}
              {row.lastDuration !== null && <span class="dim"> · {duration(row.lastDuration)}</span>}
            </span>
            <Time time={row.lastStart} schedule={schedule} />
          </>
        )}
      </span>
      <span role="cell" class="c-rate">
        <span>{row.successRate === null ? "–" : percent(row.successRate)}</span>
        <small>
          {count(row.runs)} {row.runs === 1 ? "run" : "runs"}
        </small>
      </span>
      <span role="cell" class="c-next">
        {row.nextDue === null ? (
          <small>–</small>
        ) : (
          <>
            <span title={exact(row.nextDue, zone, schedule)}>{until(row.nextDue, now)}</span>
            <Time time={row.nextDue} schedule={schedule} />
          </>
        )}
      </span>
      <span role="cell" class="c-strip">
        <StripCanvas name={name} />
      </span>
    </div>
  );
}

function Why({ row, now }: { row: Row; now: number }) {
  const text = why(row, now);
  const colon = text.indexOf(": ");
  return (
    <span role="cell" class="c-why" title={text}>
      <span class="clamp">
        {colon < 0 ? (
          text
        ) : (
          <>
            <span class="state-words">{text.slice(0, colon)}: </span>
            <span class="reason">{text.slice(colon + 2)}</span>
          </>
        )}
      </span>
    </span>
  );
}

export function Time({ time, prefix = "", schedule }: { time: number | null; prefix?: string; schedule: string | null }) {
  if (time === null) return null;
  const { zone } = view.value;
  return (
    <small title={exact(time, zone, schedule)}>
      {prefix}
      {(prefix === "" ? clock : since)(time, tick.value, zone, schedule)}
    </small>
  );
}
