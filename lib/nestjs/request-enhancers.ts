import type { Type } from "@nestjs/common";
import { Reflector } from "@nestjs/core";

/** The decorators of Nest that wrap the handling of a request, by the key of their metadata on a method or a class. */
const enhancers = {
  __guards__: "@UseGuards",
  __interceptors__: "@UseInterceptors",
  __pipes__: "@UsePipes",
  __exceptionFilters__: "@UseFilters",
};

/** What classes have whose methods handle messages, beside controllers: GraphQL resolvers and WebSocket gateways. */
const handlerKeys = ["__entryProvider__", "websockets:is_gateway"];

/** What a method has that handles requests or messages itself: `@Get` and the like, `@MessagePattern`, `@SubscribeMessage`. */
const routeKeys = ["path", "microservices:pattern", "message"];

const reflector = new Reflector();

/**
 * Explains which workers handle requests too, and which decorators of requests are on workers, where they would have no effect.
 * On a class they are for its handlers if it is a controller, a resolver or a gateway, and a mistake otherwise.
 * @param methods those of the class that are workers
 */
export function enhancerProblems(type: Type, methods: readonly (string | symbol)[], isController: boolean): string[] {
  const problems = methods.flatMap((method) => {
    const code: unknown = Reflect.get(type.prototype, method);
    if (typeof code !== "function") return [];
    const subject = `${type.name}.${String(method)}`;
    const found = enhancersOf(code).map((decorator) => problemOf(decorator, subject));
    return routeKeys.some((key) => reflector.get(key, code) !== undefined) ? [routeProblem(subject), ...found] : found;
  });
  if (isController || handlerKeys.some((key) => reflector.get(key, type) !== undefined)) return problems;
  return [...problems, ...enhancersOf(type).map((decorator) => problemOf(decorator, `${type.name}, which has workers`))];
}

function problemOf(decorator: string, place: string): string {
  return `${decorator} cannot be on ${place}: a worker has no request. Remove it, and wrap runs with the option around of WatchbillModule`;
}

function routeProblem(subject: string): string {
  return `${subject} handles requests, and cannot be a worker too: it would be called with the context of a run. Make two methods that call a third`;
}

function enhancersOf(target: Parameters<Reflector["get"]>[1]): string[] {
  return Object.entries(enhancers)
    .filter(([key]) => reflector.get(key, target) !== undefined)
    .map(([, decorator]) => decorator);
}
