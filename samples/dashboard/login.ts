import { randomUUID, timingSafeEqual } from "node:crypto";

export interface User {
  readonly name: string;
  readonly isOnCall: boolean;
}

/** The users of the sample. A real application has them in a database, with hashed passwords. */
const users = new Map<string, User & { readonly password: string }>([
  ["alice", { name: "alice", isOnCall: true, password: "correct horse" }],
  ["bob", { name: "bob", isOnCall: false, password: "battery staple" }],
]);

const sessions = new Map<string, User>();

export const loginPage = `<!doctype html>
<html lang="en"><title>Sign in</title>
<form method="post" action="/login">
  <label>Name <input name="name" value="alice"></label>
  <label>Password <input name="password" type="password" value="correct horse"></label>
  <button>Sign in</button>
</form></html>`;

/** Returns the cookie of a new session; undefined if the name or the password is wrong. */
export function signIn(name: string, password: string): string | undefined {
  const user = users.get(name);
  if (user === undefined || !isEqual(user.password, password)) return undefined;
  const session = randomUUID();
  sessions.set(session, { name: user.name, isOnCall: user.isOnCall });
  return `session=${session}; HttpOnly; SameSite=Strict; Path=/`;
}

/** The user of a request, by its cookie. */
export function userOf(request: Request): User | undefined {
  const [, session = ""] = /(?:^|; *)session=([\w-]+)/.exec(request.headers.get("Cookie") ?? "") ?? [];
  return sessions.get(session);
}

function isEqual(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
