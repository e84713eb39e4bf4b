/** What can be in a {@link DueHeap}. */
export interface Entry {
  /** Where it stands in the heap; the heap's own note. */
  slot: number;
}

/** Four children to a parent: half as many levels as with two, and the due times of siblings share a cache line. */
const arity = 4;

function parentOf(slot: number): number {
  return Math.floor((slot - 1) / arity);
}

/**
 * A heap of entries by the time at which they are due, and by the order in which they came if that is the same. The
 * heap is kept in three columns: numbers in arrays of their own are not boxed.
 */
export class DueHeap<Item extends Entry> {
  readonly #items: Item[] = [];
  readonly #dues: number[] = [];
  readonly #orders: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item that is due first. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  /** When the item at a slot is due; by default the first. */
  due(slot = 0): number {
    return at(this.#dues, slot);
  }

  /** The order that the first was added with. */
  get firstOrder(): number {
    return at(this.#orders, 0);
  }

  add(item: Item, due: number, order: number): void {
    this.#siftUp(this.#items.length, item, due, order);
  }

  /** Takes out the item at a slot. */
  remove(slot: number): void {
    const removed = this.#items[slot];
    const last = this.#items.pop();
    const due = this.#dues.pop();
    const order = this.#orders.pop();
    if (removed === undefined || last === undefined || due === undefined || order === undefined) return;
    removed.slot = -1;
    if (removed === last) return;
    if (slot > 0 && this.#isBefore(due, order, parentOf(slot))) this.#siftUp(slot, last, due, order);
    else this.#siftDown(slot, last, due, order);
  }

  #siftUp(start: number, item: Item, due: number, order: number): void {
    let slot = start;
    while (slot > 0) {
      const parent = parentOf(slot);
      if (!this.#isBefore(due, order, parent)) break;
      this.#move(parent, slot);
      slot = parent;
    }
    this.#place(slot, item, due, order);
  }

  #siftDown(start: number, item: Item, due: number, order: number): void {
    let slot = start;
    for (let child = this.#firstChildOf(slot); child > 0; child = this.#firstChildOf(slot)) {
      if (this.#isBefore(due, order, child)) break;
      this.#move(child, slot);
      slot = child;
    }
    this.#place(slot, item, due, order);
  }

  /** The one of a slot's children that is due before the others; 0, if there are none. */
  #firstChildOf(slot: number): number {
    const start = slot * arity + 1;
    const end = Math.min(start + arity, this.#items.length);
    if (start >= end) return 0;
    let first = start;
    for (let child = start + 1; child < end; child++) {
      if (this.#isBefore(at(this.#dues, child), at(this.#orders, child), first)) first = child;
    }
    return first;
  }

  #isBefore(due: number, order: number, slot: number): boolean {
    const other = at(this.#dues, slot);
    return due < other || (due === other && order < at(this.#orders, slot));
  }

  #move(from: number, to: number): void {
    const item = this.#items[from];
    if (item !== undefined) this.#place(to, item, at(this.#dues, from), at(this.#orders, from));
  }

  #place(slot: number, item: Item, due: number, order: number): void {
    this.#items[slot] = item;
    this.#dues[slot] = due;
    this.#orders[slot] = order;
    item.slot = slot;
  }
}

/** A number of a column, at an index that is inside it. */
function at(column: readonly number[], index: number): number {
  return column[index] ?? Number.NaN;
}
