import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { problem } from "./responses.js";

const types = {
  "index.html": "text/html",
  "page.js": "text/javascript",
  "page.css": "text/css",
  "chart.js": "text/javascript",
  "chart.css": "text/css",
  "licences.txt": "text/plain",
} as const;

interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly zipped: Uint8Array<ArrayBuffer>;
  readonly tag: string;
}

/** The files of the page, by their names; nothing else can be read. */
export class Assets {
  readonly #folder: URL;
  readonly #read = new Map<string, Asset | undefined>();

  constructor(folder = new URL("./assets/", import.meta.url)) {
    this.#folder = folder;
  }

  respond(file: string, { headers }: Request): Response {
    if (!isFile(file)) return problem(404, "There is nothing here");
    const asset = this.#find(file);
    if (asset === undefined) return problem(404, `${file} was not built: run npm run build`);
    // The page itself may not be stored, so that it is authorized each time.
    const validator: Record<string, string> = file === "index.html" ? {} : { ETag: asset.tag };
    const type = `${types[file]}; charset=utf-8`;
    if (validator.ETag !== undefined && headers.get("If-None-Match") === asset.tag)
      return new Response(null, { status: 304, headers: validator });
    const isZipped = /\bgzip\b/.test(headers.get("Accept-Encoding") ?? "");
    const encoding: Record<string, string> = isZipped ? { "Content-Encoding": "gzip" } : {};
    return new Response(isZipped ? asset.zipped : asset.bytes, {
      headers: { "Content-Type": type, Vary: "Accept-Encoding", ...encoding, ...validator },
    });
  }

  #find(file: string): Asset | undefined {
    if (!this.#read.has(file)) this.#read.set(file, readAsset(new URL(file, this.#folder)));
    return this.#read.get(file);
  }
}

function isFile(file: string): file is keyof typeof types {
  return Object.hasOwn(types, file);
}

/** Undefined if there is none. */
function readAsset(path: URL): Asset | undefined {
  try {
    const bytes = Uint8Array.from(readFileSync(path));
    const tag = `W/"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    return { bytes, zipped: Uint8Array.from(gzipSync(bytes, { level: 9 })), tag };
  } catch {
    return undefined;
  }
}
