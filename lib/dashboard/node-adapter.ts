import type { IncomingMessage, ServerResponse } from "node:http";
// Bundled into this file by the build, so that users install nothing.
import { NodeRequest, sendNodeResponse } from "srvx/node";

/** Answers a request of Node's server with a function of the fetch API. Resolves when the response was sent. */
export async function respondInNode(
  incoming: IncomingMessage,
  response: ServerResponse,
  fetch: (request: Request) => Promise<Response>,
): Promise<void> {
  const answer = await fetch(new NodeRequest({ req: incoming, res: response }));
  if (incoming.aborted || response.destroyed) {
    await answer.body?.cancel();
    return;
  }
  await sendNodeResponse(response, answer);
}
