import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Command } from "../api.js";
import { commandMatching, commandWorkers, nameOrCount } from "./commands.js";
import { type DialogState, dialog } from "./dialog.js";
import { matcher } from "./patterns.js";
import { shortcuts } from "./shortcuts.js";
import { allowed, revision, rows } from "./store.js";
import { targetsOf } from "./targets.js";
import { count, visible, workers } from "./words.js";

export const verbs: Record<Command, string> = { trigger: "Trigger", pause: "Pause", resume: "Resume", restart: "Restart" };

export function Dialogs() {
  const state = dialog.value;
  if (state === undefined) return null;
  return <Modal key={state.kind}>{state.kind === "help" ? <Help /> : <CommandForm state={state} />}</Modal>;
}

function Modal({ children }: { children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    element.current?.showModal();
    element.current?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby="dialog-title"
      onClose={() => (dialog.value = undefined)}
      onClick={({ target }) => target === element.current && element.current?.close()}
    >
      <div class="dialog">{children}</div>
    </dialog>
  );
}

function close(): void {
  dialog.value = undefined;
}

function CommandForm({ state }: { state: Exclude<DialogState, { kind: "help" }> }) {
  const [command, setCommand] = useState<Command | undefined>(state.kind === "names" ? state.command : allowed.value[0]);
  const [pattern, setPattern] = useState(state.kind === "pattern" ? state.pattern : "");
  const [reason, setReason] = useState("");
  void revision.value;
  const names = state.kind === "names" ? state.names : pattern === "" ? [] : [...rows.keys()].filter(matcher(pattern));
  if (command === undefined) return null;
  const { hits, leftOut } = targetsOf(command, names, pattern.includes("*"));
  const isReady = hits.length > 0;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isReady) return;
    close();
    void (state.kind === "names" ? commandWorkers(command, hits, reason) : commandMatching(command, pattern, reason));
  };
  return (
    <form onSubmit={submit}>
      <h2 id="dialog-title">{state.kind === "names" ? `${verbs[command]} ${nameOrCount(names)}?` : "Command by pattern"}</h2>
      {state.kind === "pattern" && (
        <>
          <fieldset class="segments">
            <legend>Command</legend>
            {allowed.value.map((name) => (
              <label key={name}>
                <input type="radio" name="command" checked={name === command} onChange={() => setCommand(name)} />
                <span>{verbs[name]}</span>
              </label>
            ))}
          </fieldset>
          <label class="field">
            Name pattern, with * for anything
            <input
              class="mono"
              data-first
              value={pattern}
              onInput={({ currentTarget }) => setPattern(currentTarget.value)}
              placeholder="github/*"
              spellcheck={false}
              autocomplete="off"
            />
          </label>
        </>
      )}
      <div class="hits" aria-live="polite">
        {state.kind === "pattern" && (
          <p>
            <b>{count(names.length)}</b> of {workers(rows.size)} match
          </p>
        )}
        {leftOut !== "" && <p class="warn">Left out: {leftOut}</p>}
        {(names.length > 1 || state.kind === "pattern") && (
          <ul>
            {hits.slice(0, 6).map((name) => (
              <li key={name}>{visible(name)}</li>
            ))}
            {hits.length > 6 && <li class="dim">and {count(hits.length - 6)} more</li>}
          </ul>
        )}
      </div>
      <label class="field">
        Reason, for the log and for your colleagues
        <input
          data-first={state.kind === "names" ? true : undefined}
          value={reason}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
          placeholder="optional"
          maxLength={300}
        />
      </label>
      <div class="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={!isReady}>
          {verbs[command]} {nameOrCount(hits)}
        </button>
      </div>
    </form>
  );
}

function Help() {
  return (
    <>
      <h2 id="dialog-title">Keyboard</h2>
      <dl class="keys">
        {shortcuts.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h2>The strip of a row</h2>
      <ul class="legend">
        <li>
          <i class="k-ok" /> a run, as wide as it was long
        </li>
        <li>
          <i class="k-bad" /> a run that failed
        </li>
        <li>
          <i class="k-missed" /> runs that were missed
        </li>
        <li>
          <i class="k-plan" /> a due time; the line in the middle is now, an hour is on each side
        </li>
      </ul>
      <p class="dim">
        The filter takes words that occur in the name, the last error or the schedule, and names with <code>*</code> for anything.
      </p>
      <div class="buttons">
        <a href="licences.txt">Licences</a>
        <span class="grow" />
        <button type="button" class="primary" data-first onClick={close}>
          Close
        </button>
      </div>
    </>
  );
}
