import { Scope } from "@nestjs/common";
import type { DiscoveryService } from "@nestjs/core";

/** A provider or a controller, as Nest keeps it. */
export type InstanceWrapper = ReturnType<DiscoveryService["getProviders"]>[number];

/**
 * Explains why a worker cannot run on the instance of a provider: there is no single instance of it. Undefined if there is.
 * @param subject the class and the method, for the message
 */
export function scopeProblem(wrapper: InstanceWrapper, subject: string): string | undefined {
  if (wrapper.isTransient)
    return `${subject} cannot run: its class is transient, so that Nest creates an instance for each consumer. Make it a provider of the default scope`;
  if (wrapper.isDependencyTreeStatic()) return undefined;
  const cause =
    wrapper.scope === Scope.REQUEST ? "its class is request-scoped" : `its class injects ${requestScopedUnder(wrapper)}`;
  return `${subject} cannot run: ${cause}, so that Nest creates an instance for each request, and a worker has none. Make it a provider of the default scope, and get what is request-scoped by moduleRef.resolve() in each run`;
}

/** Names the dependency that is request-scoped, with the way to it. */
function requestScopedUnder(wrapper: InstanceWrapper): string {
  const path: string[] = [];
  const seen = new Set<InstanceWrapper>();
  for (let next = requestScopedDependency(wrapper); next !== undefined && !seen.has(next); next = requestScopedDependency(next)) {
    seen.add(next);
    path.push(nameOf(next));
    if (next.scope === Scope.REQUEST) break;
  }
  const [first = "a provider", ...others] = path;
  return others.length === 0
    ? `${first}, which is request-scoped`
    : `${first}, which injects ${others.join(" and ")}, which is request-scoped`;
}

function requestScopedDependency(wrapper: InstanceWrapper): InstanceWrapper | undefined {
  const properties = wrapper.getPropertiesMetadata()?.map((property) => property.wrapper) ?? [];
  return [...(wrapper.getCtorMetadata() ?? []), ...properties].find((each) => !each.isDependencyTreeStatic());
}

function nameOf({ name }: InstanceWrapper): string {
  return typeof name === "symbol" ? String(name.description) : String(name);
}
