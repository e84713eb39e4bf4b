import { signal } from "@preact/signals-core";
import type { ComponentChildren, Ref } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props<T> {
  readonly items: readonly T[];
  /** All rows have this height, in px. */
  readonly rowHeight: number;
  readonly class: string;
  readonly role: "table" | "list";
  readonly label: string;
  /** Filled with what scrolls to an item. */
  readonly scrollTo?: Ref<(index: number) => void>;
  readonly onVisible?: (items: readonly T[]) => void;
  readonly onWidth?: (width: number) => void;
  readonly keyOf: (item: T) => string;
  /** Renders an item at a distance from the top. The key is that of its element, which an item that has left the view may have had. */
  readonly render: (item: T, index: number, top: number, key: number) => ComponentChildren;
  readonly header?: ComponentChildren;
}

const overscan = 6;

/**
 * Renders those of many rows that are visible. All have one height, so that the position of each is a product, and no row is
 * measured. (`@tanstack/virtual-core` would be 9.7 KB gzip of the 25 KB that the page may have.)
 */
export function VirtualList<T>(props: Props<T>) {
  const { items, rowHeight, render } = props;
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [range] = useState(() => signal({ first: 0, last: 0 }));
  const { first, last } = range.value;
  const latest = useRef(props);
  latest.current = props;

  const measure = useRef(() => {
    const element = box.current;
    if (element === null) return;
    const { rowHeight, items } = latest.current;
    const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - overscan);
    const last = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + overscan);
    const { first: oldFirst, last: oldLast } = range.peek();
    if (first !== oldFirst || last !== oldLast) range.value = { first, last };
  });

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      measure.current();
      latest.current.onWidth?.(element.clientWidth);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => measure.current(), [items.length, rowHeight]);
  useLayoutEffect(() => props.onVisible?.(items.slice(first, last)));

  const setScrollTo = (index: number): void => {
    const element = box.current;
    if (element === null) return;
    const head = element.querySelector<HTMLElement>(".head")?.offsetHeight ?? 0;
    const top = index * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    const bottom = top + rowHeight + head - element.clientHeight;
    if (bottom > element.scrollTop) element.scrollTop = bottom;
    measure.current();
  };
  if (props.scrollTo && typeof props.scrollTo === "object") props.scrollTo.current = setScrollTo;

  const [elements] = useState(() => new ReusedElements());
  const visible = items.slice(first, last);
  const keys = elements.assign(visible.map(props.keyOf), content.current);
  return (
    <div ref={box} class={props.class} onScroll={measure.current}>
      <div role={props.role} aria-label={props.label} aria-rowcount={props.role === "table" ? items.length + 1 : undefined}>
        {props.header}
        <div
          ref={content}
          class="rows"
          role={props.role === "table" ? "rowgroup" : "presentation"}
          style={{ height: `${items.length * rowHeight}px` }}
        >
          {visible.map((item, at) => render(item, first + at, (first + at) * rowHeight, keys[at] ?? 0))}
        </div>
      </div>
    </div>
  );
}

/**
 * Gives the elements of items that have left the view to those that come into it. Scrolling through new elements would leave so
 * many behind that collecting them takes 50 ms at once.
 */
class ReusedElements {
  /** The keys of the elements by those of the items, in the order of the elements. */
  #keys = new Map<string, number>();
  #lastKey = 0;

  /** Returns the keys of the elements of items. An item that stays keeps its element, and so the focus. */
  assign(items: readonly string[], parent: Element | null): number[] {
    const staying = new Set(items);
    // What has the focus must not become another item.
    const isFocused = (at: number): boolean => parent?.children[at]?.contains(document.activeElement) === true;
    const free = [...this.#keys].flatMap(([item, key], at) => (staying.has(item) || isFocused(at) ? [] : [key]));
    this.#keys = new Map(items.map((item) => [item, this.#keys.get(item) ?? free.pop() ?? ++this.#lastKey]));
    return [...this.#keys.values()];
  }
}
