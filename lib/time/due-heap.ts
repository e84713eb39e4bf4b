/** What can be in a {@link DueHeap}. */
export interface Entry {
  /** Where it stands in the heap; the heap's own note. */
  slot: number;
}

/**
 * A binary heap of entries by the time at which they are due, and by the order in which they came if that is the same. The
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
    if (slot > 0 && this.#isBefore(due, order, (slot - 1) >> 1)) this.#siftUp(slot, last, due, order);
    else this.#siftDown(slot, last, due, order);
  }

  #siftUp(start: number, item: Item, due: number, order: number): void {
    let slot = start;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!this.#isBefore(due, order, parent)) break;
      this.#move(parent, slot);
      slot = parent;
    }
    this.#place(slot, item, due, order);
  }

  #siftDown(start: number, item: Item, due: number, order: number): void {
    const size = this.#items.length;
    let slot = start;
    for (let child = 2 * slot + 1; child < size; child = 2 * slot + 1) {
      const right = child + 1;
      if (right < size && this.#isBefore(at(this.#dues, right), at(this.#orders, right), child)) child = right;
      if (this.#isBefore(due, order, child)) break;
      this.#move(child, slot);
      slot = child;
    }
    this.#place(slot, item, due, order);
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
