import { useRef } from "preact/hooks";
import { describeStrip, drawStrip } from "./draw-strip.js";
import { now, revision, rows, tick } from "./store.js";
import { stripOf } from "./strips.js";
import { themeChange } from "./theme.js";
import { useSignalEffect } from "./use-signal-effect.js";

const sizes = new WeakMap<Element, () => void>();
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) sizes.get(target)?.();
});

const unknown = "Last hour and next hour";

/** The last hour and the next of a worker. */
export function StripCanvas({ name }: { name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useSignalEffect(() => {
    const element = canvas.current;
    const strip = stripOf(name).value;
    // Every second, as the present moves on; the row tells whether a run is under way.
    void tick.value;
    void themeChange.value;
    void revision.value;
    if (element === null) return undefined;
    const row = rows.get(name);
    const running = row !== undefined && (row.phase === "running" || row.phase === "overdue") ? row.lastStart : null;
    const draw = (): void => {
      const known = strip ?? { worker: name, runs: [], due: [], missed: [], planned: [] };
      drawStrip(element, known, now(), running);
      element.setAttribute("aria-label", strip === undefined ? unknown : describeStrip(strip, now()));
    };
    draw();
    sizes.set(element, draw);
    observer.observe(element);
    return () => observer.unobserve(element);
  }, [name]);
  return <canvas ref={canvas} class="strip" role="img" aria-label={unknown} />;
}
