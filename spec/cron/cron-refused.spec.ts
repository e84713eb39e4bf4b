import { expect } from "chai";
import { BootstrapError, bootstrap, InvalidArgumentError, Repeat, repeat } from "watchbill";
import { cron } from "watchbill/cron";

const counts = "use 5 (minute, hour, day of the month, month, weekday), 6 (second before those) or 7 (year after those)";
const never = "never matches: no date has its day of the month, month, weekday and year";
const days = "0 to 7 (0 and 7 are Sunday), or SUN to SAT";
const zone = 'use an IANA name, such as "Europe/Berlin"';
const date = 'is a time or a date: use a pattern, such as "0 30 3 1 6 * 2030" for one time in that year';

describe("An invalid cron schedule", () => {
  it("is reported at bootstrap with all others, and not at the class definition", () => {
    class Backup {
      @Repeat(cron("0 0 31 2 *"))
      never() {}

      @Repeat(cron("every night"))
      vague() {}

      @Repeat(cron("0 24 * * *", { timezone: "Europe/Berlin" }))
      late() {}

      @Repeat(cron("0 3 * * *", { timezone: "Europe/Bärlin" }))
      nowhere() {}

      @Repeat(() => cron("0 3 * *"))
      short() {}

      @Repeat(cron("0 3 * * *"))
      fine() {}
    }
    expect(() => bootstrap([Backup]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        `Backup.never: The cron pattern "0 0 31 2 *" ${never}`,
        `Backup.vague: The cron pattern "every night" has 2 fields: ${counts}`,
        'Backup.late: The cron pattern "0 24 * * *" has the hour "24": use 0 to 23',
        `Backup.nowhere: The time zone of a cron schedule is 'Europe/Bärlin': ${zone}; did you mean Europe/Berlin or Europe/Dublin or Europe/Paris?`,
        `Backup.short: The cron pattern "0 3 * *" has 4 fields: ${counts}`,
      ]);
  });

  for (const [pattern, problem] of [
    ["60 0 0 * * *", 'has the second "60": use 0 to 59'],
    ["60 * * * *", 'has the minute "60": use 0 to 59'],
    ["0 24 * * *", 'has the hour "24": use 0 to 23'],
    ["0 1,24 * * *", 'has the hour "24": use 0 to 23'],
    ["0 22-24 * * *", 'has the hour "22-24": use 0 to 23'],
    ["0 0 0 * *", 'has the day of the month "0": use 1 to 31'],
    ["0 0 32 * *", 'has the day of the month "32": use 1 to 31'],
    ["0 0 * 0 *", 'has the month "0": use 1 to 12, or JAN to DEC'],
    ["0 0 * 13 *", 'has the month "13": use 1 to 12, or JAN to DEC'],
    ["0 0 * JANUARY *", 'has the month "JANUARY": use 1 to 12, or JAN to DEC'],
    ["0 3 * * 8", `has the weekday "8": use ${days}`],
    ["0 3 * * X", `has the weekday "X": use ${days}`],
    ["0 0 0 1 1 * 0", 'has the year "0": use 1 to 9999'],
    ["0 0 0 1 1 * 10000", 'has the year "10000": use 1 to 9999'],
    ["1, * * * *", 'has the minute "": use 0 to 59'],
    ["-5 * * * *", 'has the minute "-5": use 0 to 59'],
    ["1.5 * * * *", 'has the minute "1.5": use 0 to 59'],
    ["1-2-3 * * * *", 'has the minute "1-2-3": use one range, from 0 to 59'],
    ["0 22-6 * * *", 'has the hour "22-6", which ends before it begins: use 0 to 23, in ascending order, such as "22-23,0-6"'],
    [
      "0 0 * * SAT-MON",
      `has the weekday "SAT-MON", which ends before it begins: use ${days}, in ascending order, such as "6-7,0-1"`,
    ],
    ["*/0 * * * *", 'has the minute "*/0": use a step of 1 to 60'],
    ["*/61 * * * *", 'has the minute "*/61": use a step of 1 to 60'],
    ["0 1-5/25 * * *", 'has the hour "1-5/25": use a step of 1 to 24'],
    ["0 0 * * */8", 'has the weekday "*/8": use a step of 1 to 7'],
    ["*/1e1 * * * *", 'has the minute "*/1e1": use a step of 1 to 60'],
    ["*/+5 * * * *", 'has the minute "*/+5": use a step of 1 to 60'],
    ["0 0 */32 * *", 'has the day of the month "*/32": use a step of 1 to 31'],
    ["0 1-SUN * * *", 'has the hour "1-SUN": use 0 to 23'],
    ["*/5/2 * * * *", 'has the minute "*/5/2": use a step of 1 to 60'],
    ["5/15 * * * *", 'has the minute "5/15": use a range before the step, such as "5-59/15" or "*/15"'],
    ["0 0 32W * *", 'has the day of the month "32W": use 1 to 31'],
    ["0 0 L-3 * *", 'has the day of the month "L-3": use 1 to 31'],
    ["0 0 1,LW * *", 'has the day of the month "LW" in a list: use "LW" alone, or 1 to 31'],
    ["0 0 5LW * *", 'has the day of the month "5LW": use 1 to 31'],
    ["0 0 LWL * *", 'has the day of the month "LWL": use 1 to 31'],
    ["0 0 5L * *", 'has the day of the month "5L": use 1 to 31'],
    ["0 0 15WX * *", 'has the day of the month "15WX": use 1 to 31'],
    ["0 0 LW,1 * *", 'has the day of the month "LW" in a list: use "LW" alone, or 1 to 31'],
    ["0 0 * * 5#6", 'has the weekday "5#6": use #1 to #5, or #L for the last one of a month'],
    ["0 0 * * 5#22", 'has the weekday "5#22": use #1 to #5, or #L for the last one of a month'],
    ["0 0 * * 5LX", `has the weekday "5LX": use ${days}`],
    ["0 0 * * *L", `has the weekday "*L": use ${days} before L`],
    ["0 0 * * +", `has the weekday "": use ${days}`],
    ["0 0 30 2 *", never],
    ["0 0 0 29 2 * 2027", never],
    ["", `has no fields: ${counts}`],
    ["@nightly", "is not a nickname: use @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly"],
    ["2026-03-28T12:00:00Z", date],
    ["2026-03-28 12:00", date],
  ] as const) {
    it(`is rejected by repeat: "${pattern}" ${problem}`, () => {
      expect(() => repeat(cron(pattern), () => {}))
        .to.throw(InvalidArgumentError)
        .with.property("message", `The cron pattern "${pattern}" ${problem}`);
    });
  }

  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("do not look");
      },
    },
  );

  for (const [pattern, options, message] of [
    [undefined, {}, 'The cron pattern is undefined: use a string, such as "0 3 * * *"'],
    [300, {}, 'The cron pattern is 300: use a string, such as "0 3 * * *"'],
    [{ password: "x" }, {}, 'The cron pattern is an object with the key password: use a string, such as "0 3 * * *"'],
    [hostile, {}, 'The cron pattern is a proxy: use a string, such as "0 3 * * *"'],
    ["0 3 * * *", { timezone: "" }, `The time zone of a cron schedule is '': ${zone}`],
    ["0 3 * * *", { timezone: null }, `The time zone of a cron schedule is null: ${zone}`],
    ["0 3 * * *", { timezone: 60 }, `The time zone of a cron schedule is 60: ${zone}`],
    ["0 3 * * *", { timezone: hostile }, `The time zone of a cron schedule is a proxy: ${zone}`],
    ["0 3 * * *", { timezone: "UTC+1" }, `The time zone of a cron schedule is 'UTC+1': ${zone}`],
    ["0 3 * * *", { timezone: "Berlin" }, `The time zone of a cron schedule is 'Berlin': ${zone}; did you mean Europe/Berlin?`],
    ["0 3 * * *", { timeZone: "Europe/Berlin" }, 'cron has no option "timeZone": did you mean timezone?'],
    ["0 3 * * *", null, "The options of cron are null: pass an object"],
    ["0 3 * * *", "Europe/Berlin", "The options of cron are a string: pass an object"],
  ] as const) {
    it(`is rejected by repeat: ${message}`, () => {
      const schedule: unknown = Reflect.apply(cron, undefined, [pattern, options]);
      expect(() => Reflect.apply(repeat, undefined, [schedule, () => {}]))
        .to.throw(InvalidArgumentError)
        .with.property("message", message);
    });
  }

  it("is shortened in the message if it is long", () => {
    const message = `The cron pattern "${"x".repeat(100)}… (100000 characters)" has 1 field: ${counts}`;
    expect(() => repeat(cron("x".repeat(100_000)), () => {})).to.throw(InvalidArgumentError, message);
  });

  it("rejects an invalid date", () => {
    const message = "The date passed to a cron schedule is invalid: use a valid date";
    expect(() => cron("0 3 * * *").next(new Date("tomorrow"))).to.throw(InvalidArgumentError, message);
  });

  it("does not include one whose last time has passed, which depends on the clock", () => {
    expect(() => repeat(cron("0 0 0 1 1 * 2020"), () => {})).not.to.throw();
  });
});
