import type { IncomingMessage, ServerResponse } from "node:http";
import {
  All,
  type BeforeApplicationShutdown,
  type CanActivate,
  Controller,
  type DynamicModule,
  Inject,
  Logger,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  Req,
  Res,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
} from "@nestjs/common";
import { ApplicationConfig, HttpAdapterHost } from "@nestjs/core";
import { type Dashboard, type DashboardOptions, dashboard } from "../dashboard/dashboard.js";
import { InvalidArgumentError, Runner } from "../index.js";
import { nestLogger, runnerContext } from "./nest-logger.js";

/** The options of `dashboard()`, and who may see the page as Nest decides it. */
export interface WatchbillDashboardOptions extends DashboardOptions, Pick<ModuleMetadata, "imports"> {
  /**
   * Guards of every request to the dashboard, as in `@UseGuards`. Guards of the whole application hold for it too. A guard that
   * injects providers finds them in `imports`.
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[] | undefined;
}

const mounted = Symbol("the dashboard of watchbill");

interface MountedDashboard {
  readonly page: Dashboard;
  readonly path: string;
  /** Whether neither its guards nor its options decide who may see it. */
  readonly isOpen: boolean;
}

/** Closes the page when the workers have stopped, before the server waits for the end of its connections. */
export class WatchbillDashboardModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #mounted: MountedDashboard;
  readonly #config: ApplicationConfig;

  constructor(mounted: MountedDashboard, config: ApplicationConfig) {
    this.#mounted = mounted;
    this.#config = config;
  }

  onApplicationBootstrap(): void {
    const { isOpen, path } = this.#mounted;
    const globalGuards = [...this.#config.getGlobalGuards(), ...this.#config.getGlobalRequestGuards()];
    if (!isOpen || globalGuards.length > 0) return;
    Logger.warn(`the dashboard at ${path} is open to every request: pass guards, authorize or a token to it`, runnerContext);
  }

  beforeApplicationShutdown(): void {
    this.#mounted.page.close();
  }
}
Inject(mounted)(WatchbillDashboardModule, undefined, 0);
Inject(ApplicationConfig)(WatchbillDashboardModule, undefined, 1);

/**
 * A module that serves the dashboard at a path, to requests that the guards let pass.
 * @throws InvalidArgumentError if the path is not a string or is empty
 */
export function dashboardModule(path: string, options: WatchbillDashboardOptions = {}): DynamicModule {
  if (typeof path !== "string" || path.replaceAll("/", "") === "")
    throw new InvalidArgumentError('WatchbillModule.dashboard needs a path, such as "/ops/jobs"');
  const { guards = [], imports = [], ...others } = options;
  const isOpen = guards.length === 0 && others.authorize === undefined && others.token === undefined;
  const controller = dashboardController(path, guards);
  const mount = (host: HttpAdapterHost, runner: Runner | undefined): MountedDashboard => {
    if (runner === undefined)
      throw new InvalidArgumentError("WatchbillModule.dashboard has no runner: import WatchbillModule.forRoot() too");
    // Nest reads routes later. In a testing module there is no adapter yet.
    host.init$.subscribe(() => routeAll(controller, host.httpAdapter?.getType()));
    return { page: dashboard(runner, { logger: nestLogger, ...others }), path, isOpen };
  };
  return {
    module: WatchbillDashboardModule,
    imports,
    controllers: [controller],
    providers: [{ provide: mounted, inject: [HttpAdapterHost, { token: Runner, optional: true }], useFactory: mount }],
  };
}

/** A class for each path, since guards and paths are metadata of a class. */
function dashboardController(path: string, guards: NonNullable<WatchbillDashboardOptions["guards"]>): Type {
  class WatchbillDashboardController {
    readonly #mounted: MountedDashboard;

    constructor(mounted: MountedDashboard) {
      this.#mounted = mounted;
    }

    /** The page itself; without the slash at its end, relative URLs do not work. */
    open(request: NodeRequest, response: NodeResponse): void {
      const [path = "", query] = (asNode(request).url ?? "").split("?");
      if (path.endsWith("/")) {
        this.serve(request, response);
        return;
      }
      const location = `./${path.slice(path.lastIndexOf("/") + 1)}/${query === undefined ? "" : `?${query}`}`;
      takeOver(response).writeHead(308, { Location: location }).end();
    }

    serve(request: NodeRequest, response: NodeResponse): void {
      this.#mounted.page.node(asNode(request), takeOver(response));
    }
  }
  const { prototype } = WatchbillDashboardController;
  // Called as functions, so that the build assumes no dialect of decorators.
  Inject(mounted)(WatchbillDashboardController, undefined, 0);
  for (const method of ["open", "serve"] as const) {
    Req()(prototype, method, 0);
    Res()(prototype, method, 1);
  }
  UseGuards(...guards)(WatchbillDashboardController);
  Controller({ path, version: VERSION_NEUTRAL })(WatchbillDashboardController);
  return WatchbillDashboardController;
}

/**
 * Routes everything at and below the path to the controller.
 * @param adapter the kind of the server: each has its own wildcard, and rejects that of the others
 */
function routeAll({ prototype }: Type, adapter: string | undefined): void {
  for (const [route, method] of Object.entries({ "": "open", [adapter === "fastify" ? "*" : "{*path}"]: "serve" }))
    All(route)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method) ?? {});
}

/** A request of Express is that of Node, one of Fastify has it as `raw`. */
type NodeRequest = IncomingMessage | { readonly raw: IncomingMessage };
type NodeResponse = ServerResponse | FastifyReply;

interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

function asNode(request: NodeRequest): IncomingMessage {
  return "raw" in request ? request.raw : request;
}

/** The response of Node. Fastify does not send one of its own then. */
function takeOver(response: NodeResponse): ServerResponse {
  if (!("hijack" in response)) return response;
  response.hijack();
  return response.raw;
}
