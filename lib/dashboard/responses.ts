/** On every response. The page has one script and one stylesheet, and nothing inline. */
const securityHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
} as const;

export function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", ...headers },
  });
}

/** A response that says in one sentence why the request was refused. */
export function problem(status: number, error: string, headers: Record<string, string> = {}): Response {
  return json(status, { error }, headers);
}

export function redirect(status: 303 | 308, location: string, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { Location: location, ...headers } });
}

/**
 * Adds the security headers to a response, which may be of the user: also if its headers are immutable. Without an ETag, the
 * response is not stored anywhere.
 */
export function secured(response: Response, isHead: boolean): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(securityHeaders)) if (!headers.has(name)) headers.set(name, value);
  headers.set("Cache-Control", headers.has("ETag") ? "no-cache" : "no-store");
  const { status, statusText } = response;
  if (isHead) void response.body?.cancel();
  return new Response(isHead ? null : response.body, { status, statusText, headers });
}
