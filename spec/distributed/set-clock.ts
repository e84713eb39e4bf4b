// Loaded before a replica: sets its wall clock by CLOCK_AHEAD ms. Timers and the monotonic clock are not affected.
const ahead = Number(process.env.CLOCK_AHEAD);
const RealDate = Date;

const SetDate: DateConstructor = new Proxy(RealDate, {
  construct: (target, values, newTarget) => Reflect.construct(target, values.length === 0 ? [SetDate.now()] : values, newTarget),
  get: (target, key, receiver) => (key === "now" ? () => target.now() + ahead : Reflect.get(target, key, receiver)),
});

globalThis.Date = SetDate;
