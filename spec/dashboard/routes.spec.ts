import { expect } from "chai";
import { routeOf } from "../../lib/dashboard/routes.js";

describe("The routes of the dashboard", () => {
  const names = ["github/commits", "jobs/trigger", "jobs", "x/healthz", "a/api/workers/b", "50%"];
  const route = (path: string) => routeOf(path, (name) => names.includes(name));

  it("go by the end of the path, under any mount", () => {
    for (const mount of ["", "/ops", "/a/b/c", "/api/workers", "/api/commands", "/healthz", "/api"]) {
      expect(route(`${mount}/`), mount).to.deep.equal({ kind: "page" });
      expect(route(`${mount}/api/status`), mount).to.deep.equal({ kind: "status" });
      expect(route(`${mount}/api/events`), mount).to.deep.equal({ kind: "events" });
      expect(route(`${mount}/page.js`), mount).to.deep.equal({ kind: "asset", file: "page.js" });
      expect(route(`${mount}/api/workers/github%2Fcommits`), mount).to.deep.equal({ kind: "worker", name: "github/commits" });
      const command = { kind: "command", command: "pause", name: "50%" };
      expect(route(`${mount}/api/workers/50%25/pause`), mount).to.deep.equal(command);
      expect(route(`${mount}/api/commands/restart`), mount).to.deep.equal({ kind: "commands", command: "restart" });
    }
  });

  it("find a worker also if a proxy has decoded the path", () => {
    expect(route("/ops/api/workers/github/commits")).to.deep.equal({ kind: "worker", name: "github/commits" });
    expect(route("/ops/api/workers/github/commits/pause")).to.deep.include({ kind: "command", name: "github/commits" });
    expect(route("/ops/api/workers/x/healthz")).to.deep.equal({ kind: "worker", name: "x/healthz" });
    expect(route("/ops/api/workers/a/api/workers/b")).to.deep.equal({ kind: "worker", name: "a/api/workers/b" });
    expect(route("/ops/api/workers/a/api/workers/b/pause")).to.deep.include({ kind: "command", name: "a/api/workers/b" });
  });

  it("tell a worker whose name ends like a command from the command", () => {
    expect(route("/api/workers/jobs%2Ftrigger")).to.deep.equal({ kind: "worker", name: "jobs/trigger" });
    expect(route("/api/workers/jobs%2Ftrigger/trigger")).to.deep.include({ kind: "command", name: "jobs/trigger" });
    expect(route("/api/workers/jobs/trigger")).to.deep.include({ kind: "command", name: "jobs" });
  });

  it("lead from a path without a slash to the page, within the same site", () => {
    expect(route("/ops")).to.deep.equal({ kind: "slash", location: "./ops/" });
    expect(route("/a/https:evil.example")).to.deep.equal({ kind: "unknown" });
    expect(route("/a/javascript:alert(1)")).to.deep.equal({ kind: "slash", location: "./javascript:alert(1)/" });
  });

  it("have no others", () => {
    for (const path of ["/api/nothing", "/api/commands/explode", "/favicon.ico", "/assets/page.txt"])
      expect(route(path), path).to.deep.equal({ kind: "unknown" });
    for (const path of ["/api/workers/%", "/api/workers/%ff/pause"])
      expect(route(path), path).to.deep.equal({ kind: "malformed" });
  });
});
