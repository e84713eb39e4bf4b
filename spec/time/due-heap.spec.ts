import { expect } from "chai";
import fc from "fast-check";
import { DueHeap, type Entry } from "../../lib/time/due-heap.js";

interface Item extends Entry {
  readonly due: number;
  readonly order: number;
}

/** Takes everything out, what is first at a time. */
function drain(heap: DueHeap<Item>): Item[] {
  const drained: Item[] = [];
  for (let first = heap.first; first !== undefined; first = heap.first) {
    expect([heap.due(), heap.firstOrder, first.slot]).to.deep.equal([first.due, first.order, 0]);
    heap.remove(0);
    expect(first.slot).to.equal(-1);
    drained.push(first);
  }
  return drained;
}

const dues = fc.array(fc.nat(1_000), { minLength: 30, maxLength: 300 });

describe("DueHeap", () => {
  it("gives out what is due first, and of what is due at the same time what came first, whatever was removed meanwhile", () => {
    fc.assert(
      fc.property(dues, fc.infiniteStream(fc.nat(3)), (dues, chances) => {
        const heap = new DueHeap<Item>();
        const items = dues.map((due, order): Item => ({ due, order, slot: -1 }));
        for (const item of items) heap.add(item, item.due, item.order);
        const left = items.filter((item) => {
          const stays = chances.next().value !== 0;
          expect(heap.due(item.slot)).to.equal(item.due);
          if (!stays) heap.remove(item.slot);
          return stays;
        });
        expect(heap.size).to.equal(left.length);
        const drained = drain(heap);
        expect(drained.map(({ order }) => order)).to.deep.equal(
          left.toSorted((a, b) => a.due - b.due || a.order - b.order).map(({ order }) => order),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("is empty without an item", () => {
    const heap = new DueHeap<Item>();
    heap.remove(0);
    expect(heap.size).to.equal(0);
    expect(heap.first).to.equal(undefined);
    expect(heap.due()).to.be.NaN;
    expect(heap.firstOrder).to.be.NaN;
  });
});
