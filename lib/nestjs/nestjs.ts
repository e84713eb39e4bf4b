export type { WatchbillDashboardOptions } from "./dashboard-module.js";
export { type WatchbillHealth, WatchbillHealthIndicator, type WatchbillHealthOptions } from "./health-indicator.js";
export { InjectRunner } from "./inject-runner.js";
export type { WatchbillModuleAsyncOptions, WatchbillModuleOptions } from "./module-options.js";
export { nestLogger } from "./nest-logger.js";
export { WatchbillModule } from "./watchbill-module.js";
