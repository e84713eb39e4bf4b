import type { Runner } from "watchbill";
import { type Dashboard, dashboard } from "watchbill/dashboard";
import { userOf } from "./login.js";

/** The dashboard behind the application's own login: everyone who is signed in may look, and those on call may act. */
export function opsPage(runner: Runner): Dashboard {
  return dashboard(runner, {
    authorize(request) {
      const user = userOf(request);
      if (user === undefined) return new Response(null, { status: 303, headers: { Location: "/login" } });
      return user.isOnCall ? "act" : "look";
    },
    by: (request) => userOf(request)?.name ?? "unknown",
  });
}
