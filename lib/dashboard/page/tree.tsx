import { setView, view } from "./location.js";
import { type TreeNode, toggleNode, tree } from "./selection.js";
import { server } from "./store.js";
import { VirtualList } from "./virtual-list.jsx";
import { count, visible } from "./words.js";

/** The runners, their groups and their workers, with the number of those that fail. */
export function Tree({ onPick }: { onPick: () => void }) {
  void server.value;
  return (
    <VirtualList
      class="tree"
      role="list"
      label="Runners, groups and workers"
      rowHeight={28}
      items={tree.value}
      keyOf={({ key }) => key}
      render={(node, _index, top, key) => <Line key={key} node={node} top={top} onPick={onPick} />}
    />
  );
}

function Line({ node, top, onPick }: { node: TreeNode; top: number; onPick: () => void }) {
  const { runner, group, worker } = view.value;
  const isCurrent =
    node.worker === undefined ? worker === undefined && node.runner === runner && node.group === group : node.worker === worker;
  const pick = (): void => {
    if (node.worker === undefined) setView({ runner: node.runner, group: node.group ?? undefined, worker: undefined });
    else setView({ worker: node.worker });
    onPick();
  };
  return (
    <div role="listitem" class={`node depth${Math.min(3, node.depth)}`} style={{ transform: `translateY(${top}px)` }}>
      {node.isOpen === undefined ? (
        <span class="twist" />
      ) : (
        <button
          type="button"
          class="twist"
          aria-expanded={node.isOpen}
          aria-label={`Workers of ${visible(node.label)}`}
          onClick={() => toggleNode(node.key)}
        >
          {node.isOpen ? "▾" : "▸"}
        </button>
      )}
      <button type="button" class="pick" aria-current={isCurrent ? "true" : undefined} onClick={pick} title={visible(node.label)}>
        {visible(node.label)}
      </button>
      {node.failing > 0 && (
        <span class="n bad" title={`${count(node.failing)} failing`}>
          {node.worker === undefined ? count(node.failing) : "■"}
          <span class="label"> failing</span>
        </span>
      )}
      {node.worker === undefined && <span class="n">{count(node.total)}</span>}
    </div>
  );
}
