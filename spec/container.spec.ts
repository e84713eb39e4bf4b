import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Deployment } from "kubernetes-models/apps/v1";
import { parse } from "yaml";

const folder = "samples/container";
const read = (file: string): string => readFileSync(join(folder, file), "utf8");

describe("The sample in a container", () => {
  const manifest: unknown = parse(read("kubernetes.yml"));
  const main = read("main.ts");

  function deployment(): Deployment {
    const checked = new Deployment(manifest as never);
    checked.validate();
    return checked;
  }

  /** Compiles a manifest as an object literal, in which TypeScript refuses unknown properties. */
  function typeErrors(text: string): string {
    const scratch = mkdtempSync(join("spec", ".manifest-"));
    try {
      const source = `import type { IDeployment } from "kubernetes-models/apps/v1";\nexport const manifest: IDeployment = ${text};\n`;
      writeFileSync(join(scratch, "manifest.ts"), source);
      writeFileSync(
        join(scratch, "tsconfig.json"),
        JSON.stringify({ extends: "../../tsconfig.json", include: ["manifest.ts"], exclude: [] }),
      );
      execFileSync("npx", ["tsc", "-p", scratch], { encoding: "utf8" });
      return "";
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  }

  it("has a manifest that the schema of Kubernetes accepts", () => {
    expect(() => deployment()).to.not.throw();
    const broken = structuredClone(manifest) as { spec: { replicas: unknown } };
    broken.spec.replicas = "two";
    expect(() => new Deployment(broken as never).validate()).to.throw("data/spec/replicas must be integer");
  });

  it("has a manifest without properties that Kubernetes does not know", () => {
    const text = JSON.stringify(manifest);
    expect(typeErrors(text)).to.equal("");
    expect(typeErrors(text.replace("livenessProbe", "livenesProbe"))).to.include(
      "'\"livenesProbe\"' does not exist in type 'IContainer'",
    );
  });

  it("has more time to stop than its workers", () => {
    const [, seconds] = /shutdownTimeout: "(\d+)s"/.exec(main) ?? [];
    const grace = deployment().spec?.template.spec?.terminationGracePeriodSeconds ?? 0;
    expect(grace * 1_000).to.be.above(Number(seconds) * 1_000 + 2_000);
  });

  it("has the same port in the code, the Dockerfile and the manifest", () => {
    const [container] = deployment().spec?.template.spec?.containers ?? [];
    const port = container?.ports?.[0]?.containerPort;
    expect(main).to.include(`?? ${port})`);
    expect(read("Dockerfile")).to.include(`\nEXPOSE ${port}\n`);
    const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe];
    expect(probes.map((probe) => probe?.httpGet?.port)).to.deep.equal(["ops", "ops", "ops"]);
    expect(probes.map((probe) => probe?.httpGet?.path)).to.deep.equal(["/healthz", "/healthz", "/readyz"]);
  });

  it("has a Dockerfile that the documentation shows in full", () => {
    expect(readFileSync("docs/operating.md", "utf8")).to.include(`\`\`\`dockerfile\n${read("Dockerfile")}\`\`\`\n`);
  });

  it("has dependencies of the versions that are tested here", () => {
    const tested = JSON.parse(readFileSync("package.json", "utf8"));
    const { dependencies, devDependencies } = JSON.parse(read("package.json"));
    const { watchbill, ...others } = { ...dependencies, ...devDependencies };
    expect(watchbill).to.equal(tested.version);
    for (const [name, version] of Object.entries(others)) expect(version, name).to.equal(tested.devDependencies[name]);
  });
});
