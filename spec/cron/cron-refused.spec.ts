import { expect } from "chai";
import { BootstrapError, bootstrap, InvalidArgumentError, Repeat, repeat } from "watchbill";
import { type CronOptions, cron } from "watchbill/cron";

const parts = "exactly five, six, or seven space separated parts are required.";
const zone = 'is no time zone: give an IANA name, such as "Europe/Berlin"';

describe("A cron that makes no sense", () => {
  it("is refused at bootstrap, all of them at once, and not where the class is defined", () => {
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
        'Backup.never: "0 0 31 2 *" is a cron pattern without a time: there is no such day',
        `Backup.vague: "every night" is no cron pattern: invalid configuration format ('every night'), ${parts}`,
        'Backup.late: "0 24 * * *" is no cron pattern: Invalid value for hour: 24',
        `Backup.nowhere: 'Europe/Bärlin' ${zone}`,
        `Backup.short: "0 3 * *" is no cron pattern: invalid configuration format ('0 3 * *'), ${parts}`,
      ]);
  });

  for (const [pattern, options, message] of [
    ["", {}, `"" is no cron pattern: invalid configuration format (''), ${parts}`],
    ["@nightly", {}, `"@nightly" is no cron pattern: invalid configuration format ('@nightly'), ${parts}`],
    ["60 * * * *", {}, '"60 * * * *" is no cron pattern: Invalid value for minute: 60'],
    ["*/0 * * * *", {}, '"*/0 * * * *" is no cron pattern: Syntax error, illegal stepping: 0'],
    ["0 3 * * X", {}, '"0 3 * * X" is no cron pattern: configuration entry 5 (X) contains illegal characters.'],
    ["0 0 0 29 2 * 2027", {}, '"0 0 0 29 2 * 2027" is a cron pattern without a time: there is no such day'],
    [undefined, {}, "undefined is no cron pattern: give a string"],
    [300, {}, "300 is no cron pattern: give a string"],
    ["0 3 * * *", { timezone: "" }, `'' ${zone}`],
    ["0 3 * * *", { timezone: null }, `null ${zone}`],
    ["0 3 * * *", { timezone: 60 }, `60 ${zone}`],
  ] as [never, CronOptions, string][]) {
    it(`is refused by repeat: ${message}`, () => {
      const schedule = cron(pattern, options);
      expect(() => repeat(schedule, () => {}))
        .to.throw(InvalidArgumentError)
        .with.property("message", message);
    });
  }

  it("is not one whose time is over: that is a matter of the clock", () => {
    expect(() => repeat(cron("0 0 0 1 1 * 2020"), () => {})).not.to.throw();
  });
});
