import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Command } from "./api.js";
import { problem, redirect } from "./responses.js";

/** What a viewer may do beside looking. */
export type Rights = Readonly<Record<Command, boolean>>;

/**
 * `"act"` allows every command, `"look"` none, an object those that are true in it. A response is sent, such as a redirect to a
 * login, with the security headers that it lacks. Anything else is a refusal.
 */
export type Access = "act" | "look" | { readonly [Allowed in Command]?: boolean | undefined } | Response;

/**
 * Decides what a request may do. `incoming` is the request of Node if the dashboard is mounted as `node`, with what the
 * middleware before it has added, such as a user.
 */
export type Authorize = (
  request: Request,
  incoming: IncomingMessage | undefined,
) => Access | undefined | Promise<Access | undefined>;

const all: Rights = { trigger: true, pause: true, resume: true, restart: true };
const none: Rights = { trigger: false, pause: false, resume: false, restart: false };

/** Checks who sends a request: by a token, or by a function of the user. Without both, everything is allowed. */
export class AccessControl {
  readonly #authorize: Authorize | undefined;
  readonly #token: Token | undefined;

  constructor(authorize: Authorize | undefined, token: string | undefined) {
    this.#authorize = authorize;
    this.#token = token === undefined ? undefined : new Token(token);
  }

  /** Whether every request may do everything. */
  get isOpen(): boolean {
    return this.#authorize === undefined && this.#token === undefined;
  }

  /**
   * Returns the rights, or the response that refuses the request.
   * @param isPage whether the token may be in the URL
   * @throws what `authorize` throws
   */
  async check(request: Request, incoming: IncomingMessage | undefined, isPage: boolean): Promise<Rights | Response> {
    const token = this.#token;
    if (token !== undefined) {
      if (token.isSentWith(request)) return all;
      const welcome = isPage ? token.welcome(request) : undefined;
      if (welcome !== undefined) return welcome;
    }
    if (this.#authorize !== undefined) return rightsOf(await this.#authorize(request, incoming));
    if (token === undefined) return all;
    return problem(
      401,
      "The token is missing or wrong: send the header Authorization: Bearer <token>, or open the page with ?token=",
      {
        "WWW-Authenticate": 'Bearer realm="watchbill"',
      },
    );
  }
}

function rightsOf(access: unknown): Rights | Response {
  if (access === "act") return all;
  if (access === "look") return none;
  // A copy, as the same response may be returned for each request.
  if (access instanceof Response) return access.clone();
  const refusal = problem(403, "You may not see this dashboard");
  if (typeof access !== "object" || access === null || Array.isArray(access)) return refusal;
  const rights: Record<Command, boolean> = { ...none };
  for (const [command, isAllowed] of Object.entries(access)) {
    // A typing error must not grant anything, nor a promise or another object.
    if (!isRight(command) || (typeof isAllowed !== "boolean" && isAllowed !== undefined)) return refusal;
    rights[command] = isAllowed === true;
  }
  return rights;
}

function isRight(name: string): name is Command {
  return Object.hasOwn(none, name);
}

/** A secret that is sent in a header, or once in the URL of the page, which then sets a cookie. */
class Token {
  readonly #hash: Buffer;
  /** The value of the cookie is not the token, so that one who reads it cannot use it as such. */
  readonly #cookie: string;
  readonly #cookieHash: Buffer;
  /** Cookies are shared by all ports of a host. */
  readonly #cookieName: string;

  constructor(token: string) {
    this.#hash = hash(token);
    this.#cookie = hash(`cookie ${token}`).toString("base64url");
    this.#cookieHash = hash(this.#cookie);
    this.#cookieName = `watchbill-${hash(`name ${token}`).toString("hex").slice(0, 8)}`;
  }

  isSentWith({ headers }: Request): boolean {
    const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.get("Authorization") ?? "") ?? [];
    if (bearer !== undefined && this.#isToken(bearer)) return true;
    return (headers.get("Cookie") ?? "").split(";").some((pair) => {
      const [name, value] = pair.trim().split("=");
      return name === this.#cookieName && value !== undefined && timingSafeEqual(hash(value), this.#cookieHash);
    });
  }

  /** Returns a redirect to the page without the token, with a cookie, if the URL has the token. */
  welcome({ url, headers }: Request): Response | undefined {
    const { searchParams, pathname, protocol } = new URL(url);
    const token = searchParams.get("token");
    if (token === null || !this.#isToken(token)) return undefined;
    if (!pathname.endsWith("/")) {
      // Without a slash, the path of the cookie would be that of another page.
      return redirect(308, `./${pathname.slice(pathname.lastIndexOf("/") + 1)}/?${searchParams.toString()}`);
    }
    searchParams.delete("token");
    const rest = searchParams.size > 0 ? `?${searchParams.toString()}` : "";
    const isSecure = protocol === "https:" || headers.get("X-Forwarded-Proto")?.split(",")[0]?.trim() === "https";
    // Without a path: the browser takes the one of the page, which only it knows behind a proxy.
    const cookie = `${this.#cookieName}=${this.#cookie}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
    const location = `./${rest}`;
    if (headers.get("Sec-Fetch-Site") !== "cross-site") return redirect(303, location, { "Set-Cookie": cookie });
    // After a link on another site, a redirect would come without the cookie. What the page itself loads next has it.
    return new Response('<!doctype html><meta http-equiv="refresh" content="0;url=./"><title>watchbill</title>', {
      headers: { "Content-Type": "text/html; charset=utf-8", "Set-Cookie": cookie },
    });
  }

  #isToken(text: string): boolean {
    return timingSafeEqual(hash(text), this.#hash);
  }
}

/** Texts of any length become equally long, so that a comparison takes the same time for all. */
function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
