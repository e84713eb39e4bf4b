import { expect } from "chai";
import { asPage, EventReader, rowOf, send, until } from "./client.fixture.js";
import { absenceOfNginx, type NginxProxy, startNginx } from "./nginx.fixture.js";
import { job, Served } from "./served.fixture.js";

const token = "0123456789abcdef";

describe("The dashboard behind nginx, with TLS and a path", () => {
  let served: Served;
  let proxy: NginxProxy | undefined;
  let runs = 0;

  before(async function () {
    const absence = absenceOfNginx();
    if (absence !== undefined) {
      if (process.env.CI !== undefined) throw new Error(absence);
      console.warn(`        SKIPPED, ALL THAT NEEDS NGINX: ${absence}`);
      this.skip();
    }
    served = await Served.start(
      ["github/commits", "50%/two\nlines", "a b+c&d=e", "<img onerror=x>/ü"].map((name) => job(name, () => runs++)),
      { token },
    );
    // With and without a path, for which nginx decodes the URL and encodes it again.
    proxy = await startNginx(`
      location /ops/ { proxy_pass ${served.url}; proxy_set_header X-Forwarded-Proto https; proxy_http_version 1.1; }
      location /kept/ { proxy_pass ${served.url.slice(0, -1)}; }
      location = /ops { proxy_pass ${served.url}ops; }
    `);
  });

  after(async () => {
    await proxy?.stop();
    await Served.stopAll();
  });

  for (const path of ["/ops/", "/kept/"]) {
    const urlOf = (): string => `https://127.0.0.1:${proxy?.port ?? 0}${path}`;
    const options = () => ({
      ca: proxy?.certificate ?? "",
      headers: { ...asPage, Authorization: `Bearer ${token}`, "Sec-Fetch-Site": "same-origin" },
    });

    it(`answers the API and commands under ${path}`, async () => {
      runs = 0;
      const { status, json } = await send(`${urlOf()}api/status`, options());
      expect(status).to.equal(200);
      for (const name of ["github/commits", "50%/two\nlines", "a b+c&d=e", "<img onerror=x>/ü"]) {
        expect(rowOf(json, name), name).to.include({ name });
        const url = `${urlOf()}api/workers/${encodeURIComponent(name)}`;
        expect((await send(url, options())).status, name).to.equal(200);
        expect((await send(`${url}/trigger?reason=x`, { ...options(), method: "POST" })).status, name).to.equal(202);
      }
      await until(() => runs === 4);
      expect((await send(`${urlOf()}api/commands/trigger?match=github%2F*`, { ...options(), method: "POST" })).status).to.equal(
        202,
      );
    });

    it(`streams under ${path} without a delay of the proxy, and notices that a viewer has left`, async () => {
      const viewer = await EventReader.open(urlOf(), options());
      await viewer.first(({ event }) => event === "snapshot");
      await served.runner.trigger("github/commits");
      await viewer.first(({ event }) => event === "update");
      viewer.close();
      await until(() => served.page.viewers === 0);
    });
  }

  it("sets a cookie that is secure, and redirects within the path", async () => {
    const origin = `https://127.0.0.1:${proxy?.port ?? 0}`;
    const ca = proxy?.certificate ?? "";
    const first = await send(`${origin}/ops?token=${token}`, { ca });
    expect(first.headers.location).to.equal(`./ops/?token=${token}`);
    const second = await send(new URL(first.headers.location ?? "", `${origin}/ops`).href, { ca });
    expect(second).to.deep.include({ status: 303 });
    const [cookie = ""] = second.headers["set-cookie"] ?? [];
    expect(cookie).to.match(/; Secure$/);
    const third = await send(`${origin}/ops/api/status`, { ca, headers: { Cookie: cookie.split(";")[0] ?? "" } });
    expect(third.status).to.equal(200);
  });
});
