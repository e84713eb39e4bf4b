/** A binary heap of timers by due time. Each timer stores its slot; timers with the same due time leave in an undefined order. */
export class BinaryHeap {
  #timers = [];

  get first() {
    return this.#timers[0];
  }

  add(timer) {
    this.#up(this.#timers.length, timer);
  }

  remove(timer) {
    const last = this.#timers.pop();
    if (last === timer) return;
    const { slot } = timer;
    if (slot > 0 && last.due < this.#timers[(slot - 1) >> 1].due) this.#up(slot, last);
    else this.#down(slot, last);
  }

  #up(start, timer) {
    let slot = start;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (this.#timers[parent].due <= timer.due) break;
      this.#put(slot, this.#timers[parent]);
      slot = parent;
    }
    this.#put(slot, timer);
  }

  #down(start, timer) {
    let slot = start;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= this.#timers.length) break;
      if (child + 1 < this.#timers.length && this.#timers[child + 1].due < this.#timers[child].due) child++;
      if (this.#timers[child].due >= timer.due) break;
      this.#put(slot, this.#timers[child]);
      slot = child;
    }
    this.#put(slot, timer);
  }

  #put(slot, timer) {
    this.#timers[slot] = timer;
    timer.slot = slot;
  }
}
