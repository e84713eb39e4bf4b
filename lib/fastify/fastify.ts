// The public names of watchbill/fastify.
export { type StartMoment, type WatchbillPluginOptions, watchbillPlugin } from "./plugin.js";
