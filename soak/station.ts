import type { Chance } from "./chance.js";
import type { Post } from "./post.js";
import type { Recruit } from "./recruits.js";
import type { Yard } from "./yard.js";

/** Where always a source of the same kind is on duty: when all of one has been removed, another takes its place, under another name. */
export class Station {
  readonly #name: string;
  readonly #recruit: Recruit;
  readonly #chance: Chance;
  readonly #yard: Yard;
  #reliefs = 0;
  #source: object | undefined;
  posts: readonly Post[] = [];

  constructor(name: string, recruit: Recruit, chance: Chance, yard: Yard) {
    this.#name = name;
    this.#recruit = recruit;
    this.#chance = chance.fork();
    this.#yard = yard;
  }

  /** The next source. */
  man(): object {
    const { remains } = this.#yard;
    if (this.#source !== undefined) remains.watch("removed sources", this.#source);
    for (const { worker } of this.posts) if (worker !== undefined) remains.watch("removed workers", worker);
    const name = this.#reliefs++ === 0 ? this.#name : `${this.#name}.${this.#reliefs}`;
    const { source, posts } = this.#recruit(name, this.#chance.fork(), this.#yard);
    this.#source = source;
    this.posts = posts;
    return source;
  }
}
