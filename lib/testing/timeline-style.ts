import type { RowSizes } from "./timeline-layout.js";
import { failedShares } from "./timeline-row-svg.js";

interface Colours {
  readonly back: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly rule: string;
  readonly ok: readonly string[];
  readonly up: string;
  readonly failed: string;
  readonly stripe: string;
  readonly stopped: string;
  readonly missed: string;
  readonly outage: string;
  readonly mark: string;
  readonly starts: string;
}

/** Blue and vermilion, which those who do not see red and green also tell apart. */
const light: Colours = {
  back: "#ffffff",
  text: "#1b1c1a",
  muted: "#5c5e58",
  grid: "#e4e4df",
  rule: "#f1f1ee",
  ok: ["#a9c7e4", "#7fabd4", "#4f8ac0", "#27659f"],
  up: "#c3d9ec",
  failed: "#c8291a",
  stripe: "#f0a79d",
  stopped: "#8d8f88",
  missed: "#8f5500",
  outage: "#fbe7bd",
  mark: "#6b3fa0",
  starts: "#c4c6be",
};

const dark: Colours = {
  back: "#131412",
  text: "#e8e8e3",
  muted: "#a3a59d",
  grid: "#30322e",
  rule: "#20221f",
  ok: ["#2c4f70", "#376a99", "#4b8cc7", "#7fb6ea"],
  up: "#2a4560",
  failed: "#ff6a57",
  stripe: "#8f2a1e",
  stopped: "#8a8d85",
  missed: "#e9b04f",
  outage: "#463612",
  mark: "#c3a2f0",
  starts: "#595c55",
};

/** The style sheet of a picture: light, and dark where that is preferred. */
export function timelineStyle({ row, font, bar, failed }: RowSizes): string {
  return [
    'text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}',
    "path{fill:none}.run,.backoff,.due,.f1,.f2,.f3,.f4,.outage,.ended,.grid,.rule{shape-rendering:crispEdges}",
    ".head{font-size:16px;font-weight:600}.line,.warning{font-size:12px}.warning,.group,.alarm,.day{font-weight:600}",
    `.name,.figure,.zero,.alarm{font-size:${font}px;text-anchor:end}.group{font-size:${Math.max(font, 11)}px}`,
    ".curve{font-size:11px}.axis{text-anchor:middle}.label,.group{paint-order:stroke;stroke-width:3;stroke-linejoin:round}.curve,.end{text-anchor:end}.side{text-anchor:start}.hit{fill:none;pointer-events:all}",
    `.run{stroke-width:${bar}}.up{stroke-width:${Math.max(bar - 4, 2)}}.sample{stroke-width:14}`,
    ...failedShares.map((share, level) => `.f${level + 1}{stroke-width:${Math.round(share * failed * 10) / 10}}`),
    `.due{stroke-width:${row < 15 ? 0 : 4}}.missed{stroke-width:${row < 15 ? 1 : 1.3}}`,
    ".stem,.touched,.span{stroke-width:1.5}.stem.command,.stem.clock{stroke-width:1;stroke-dasharray:2 3}.span{stroke-width:3}.touched{stroke-width:2}",
    colourRules(light),
    `@media (prefers-color-scheme:dark){${colourRules(dark)}}`,
  ].join("\n");
}

function colourRules(colours: Colours): string {
  const { back, text, muted, grid, rule, ok, up, failed, stripe, stopped, missed, outage, mark, starts } = colours;
  return [
    `.back{fill:${back}}.label,.group{stroke:${back}}text{fill:${text}}.axis,.zero,.line{fill:${muted}}.warning,.alarm{fill:${failed}}.day{fill:${text}}`,
    `.grid,.base{stroke:${grid}}.grid.day{stroke:${muted}}.rule{stroke:${rule}}`,
    ...ok.map((colour, level) => `.ok${level + 1}{stroke:${colour}}`),
    `.up{stroke:${up}}.stopped{stroke:${stopped}}.flag{fill:${failed}}.f1,.f2,.f3,.f4{stroke:${failed}}.wide{stroke:url(#hatch)}.stripe{stroke:${stripe}}.backoff{stroke:${failed}}`,
    `.due{stroke:${muted}}.missed{stroke:${missed}}.outage{stroke:${outage}}.span{stroke:${missed}}.ended{stroke:${rule}}`,
    `.stem,.touched{stroke:${mark}}.stem+text,.touched+text{fill:${mark}}.incident,.peak{fill:${mark}}`,
    `.area.concurrent{fill:${ok[1]}}.area.started{fill:${starts}}.span+text{fill:${missed}}`,
  ].join("");
}
