import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../samples/fleet/postgres-server.js";
import { ScratchFolder } from "../../samples/fleet/scratch-folder.js";
import { TiedProcess } from "../../samples/fleet/tied-process.js";

/** A reverse proxy with TLS, in front of a server on this machine. */
export interface NginxProxy {
  readonly port: number;
  /** Its own certificate. */
  readonly certificate: string;
  stop(): Promise<void>;
}

/** Why nginx cannot be started on this machine; undefined if it can. */
export function absenceOfNginx(): string | undefined {
  if (program === undefined) return "there is no nginx on the PATH, nor in /usr/sbin";
  return spawnSync("openssl", ["version"]).status === 0 ? undefined : "there is no openssl on the PATH";
}

/** Debian has it in a folder that is only on the PATH of root. */
const program = ["nginx", "/usr/sbin/nginx"].find((name) => spawnSync(name, ["-v"]).status === 0);

/** @param locations of the server, as in nginx.conf */
export async function startNginx(locations: string): Promise<NginxProxy> {
  if (program === undefined) throw new Error("There is no nginx");
  const home = new ScratchFolder("watchbill-nginx-");
  try {
    const port = await freePort();
    mkdirSync(join(home.path, "logs"));
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const files = ["-keyout", join(home.path, "key.pem"), "-out", join(home.path, "cert.pem")];
    const made = spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files]);
    if (made.status !== 0) throw new Error(`openssl failed: ${made.stderr.toString()}`);
    writeFileSync(join(home.path, "nginx.conf"), configuration(home.path, port, locations));
    const proxy = new TiedProcess(program, ["-p", home.path, "-c", "nginx.conf", "-e", "logs/error.log"], { cwd: home.path });
    let hasExited = false;
    void proxy.exited.then(() => (hasExited = true));
    while (!(await answers(port))) {
      if (hasExited) throw new Error(`nginx ended: ${proxy.output.trim()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return {
      port,
      certificate: readFileSync(join(home.path, "cert.pem"), "utf8"),
      async stop() {
        await proxy.end();
        await home.remove();
      },
    };
  } catch (error) {
    await home.remove();
    throw error;
  }
}

function configuration(home: string, port: number, locations: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${home}/${kind};`);
  return `
    daemon off;
    master_process off;
    pid ${home}/nginx.pid;
    error_log ${home}/logs/error.log;
    events {}
    http {
      access_log off;
      ${paths.join("\n      ")}
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate ${home}/cert.pem;
        ssl_certificate_key ${home}/key.pem;
        ${locations}
      }
    }
  `;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
