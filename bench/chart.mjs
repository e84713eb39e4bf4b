import { init } from "echarts";
import { counts, labels } from "./measurements.mjs";
import { median } from "./statistics.mjs";

const colours = {
  watchbill: "#c2410c",
  "set-interval": "#6b7280",
  "toad-scheduler": "#0369a1",
  effect: "#7c3aed",
  "node-cron": "#15803d",
  croner: "#a16207",
};
const panels = [
  { title: "start (ms)", figure: "start (ms)" },
  { title: "heap (B a worker)", figure: "heap (B a worker)" },
  { title: "stop (ms)", figure: "stop (ms)" },
];

/** Draws the cost of workers against their number, both on a logarithmic scale, as an SVG. */
export function chart(scale) {
  const instance = init(null, null, { renderer: "svg", ssr: true, width: 1_080, height: 420 });
  instance.setOption({
    animation: false,
    backgroundColor: "#fff",
    legend: { bottom: 8, data: Object.keys(colours).map(labelOf) },
    title: panels.map(({ title }, i) => ({ text: title, left: `${6 + i * 33}%`, top: 8, textStyle: { fontSize: 14 } })),
    grid: panels.map((_, i) => ({ left: `${6 + i * 33}%`, width: "26%", top: 48, bottom: 88 })),
    xAxis: panels.map((_, gridIndex) => ({
      type: "log",
      gridIndex,
      name: "workers",
      nameLocation: "middle",
      nameGap: 28,
      min: counts[0],
      max: counts.at(-1),
    })),
    yAxis: panels.map((_, gridIndex) => ({ type: "log", gridIndex })),
    series: panels.flatMap(({ figure }, index) =>
      Object.entries(colours).map(([peer, color]) => ({
        type: "line",
        name: labelOf(peer),
        xAxisIndex: index,
        yAxisIndex: index,
        color,
        lineStyle: { width: peer === "watchbill" ? 3 : 1.5 },
        data: pointsOf(scale, peer, figure),
      })),
    ),
  });
  const svg = instance.renderToSVGString();
  instance.dispose();
  return svg;
}

function labelOf(peer) {
  return labels[peer] ?? peer;
}

function pointsOf(scale, peer, figure) {
  return scale
    .filter((result) => result.peer === peer && result.rounds.length > 0)
    .map(({ parameters, rounds }) => [parameters.count, Math.max(0.01, median(rounds.map((round) => round[figure])))]);
}
