import { effect } from "@preact/signals-core";
import { render } from "preact";
import { useState } from "preact/hooks";
import { dismiss, notices } from "./commands.js";
import { DetailPanel } from "./detail.jsx";
import { Dialogs } from "./dialogs.jsx";
import { Header, Summary } from "./header.jsx";
import { view } from "./location.js";
import { totals } from "./selection.js";
import { listenToKeys } from "./shortcuts.js";
import { server, tick } from "./store.js";
import { isConnected, lastHeard, startStream } from "./stream.js";
import { addRuns, forgetStrips } from "./strips.js";
import { Table } from "./table.jsx";
import { applyTheme } from "./theme.js";
import { Tree } from "./tree.jsx";
import { count, visible } from "./words.js";

function App() {
  const [isTreeOpen, setTreeOpen] = useState(false);
  const { worker } = view.value;
  const isStale = server.value !== undefined && (!isConnected.value || tick.value - lastHeard.value > 12_000);
  return (
    <div class={`app${worker === undefined ? "" : " with-detail"}${isStale ? " stale" : ""}${isTreeOpen ? " tree-open" : ""}`}>
      <Header />
      <Summary />
      <nav class="side" aria-label="Runners, groups and workers">
        <button type="button" class="tree-button" aria-expanded={isTreeOpen} onClick={() => setTreeOpen(!isTreeOpen)}>
          Groups {isTreeOpen ? "▾" : "▸"}
        </button>
        <Tree onPick={() => setTreeOpen(false)} />
      </nav>
      <main>
        <Table />
        {worker !== undefined && <DetailPanel name={worker} />}
      </main>
      <div class="notices" role="status" aria-live="polite">
        {notices.value.map(({ id, text, isError }) => (
          <p key={id} class={isError ? "notice is-error" : "notice"}>
            <span>{text}</span>
            <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(id)}>
              ×
            </button>
          </p>
        ))}
      </div>
      <Dialogs />
    </div>
  );
}

applyTheme();
listenToKeys();
startStream(addRuns, forgetStrips);
effect(() => {
  const { counts } = totals.value;
  const host = server.value?.process.host;
  document.title = `${counts.failing > 0 ? `(${count(counts.failing)}) ` : ""}watchbill${host ? ` · ${visible(host)}` : ""}`;
});
renderApp();

/**
 * Renders the page, and again in the next frame when a signal has changed that any component has read. (The integration of
 * `@preact/signals` would render only the components that have read it, for 1.4 KB of the 25 KB that the page may have.)
 */
function renderApp(): void {
  let isRendered = false;
  const stop = effect(() => {
    if (isRendered) {
      requestAnimationFrame(() => {
        stop();
        renderApp();
      });
    } else {
      isRendered = true;
      render(<App />, document.body);
    }
  });
}
