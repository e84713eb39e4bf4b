import { setTimeout } from "node:timers/promises";
import { Injectable, Module, type OnModuleDestroy } from "@nestjs/common";

/** Stands for the pool of a real database, which rejects every query once it is closed. */
@Injectable()
export class Database implements OnModuleDestroy {
  #isOpen = true;

  async query(statement: string): Promise<void> {
    await setTimeout(20);
    if (!this.#isOpen) throw new Error(`the database is closed: ${statement}`);
  }

  onModuleDestroy() {
    this.#isOpen = false;
    console.log("the database is closed");
  }
}

@Module({ providers: [Database], exports: [Database] })
export class DatabaseModule {}
