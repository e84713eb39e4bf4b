import fc from "fast-check";

/** Patterns as in public crontabs, CI workflows and job schedulers, and patterns of earlier bugs. */
export const patterns: readonly string[] = `
  @hourly | @daily | @midnight | @weekly | @monthly | @yearly | @annually

  * * * * * | */1 * * * * | */2 * * * * | */3 * * * * | */4 * * * * | */5 * * * * | */6 * * * * | */7 * * * * | */8 * * * * | */10 * * * *
  */12 * * * * | */15 * * * * | */20 * * * * | */25 * * * * | */30 * * * * | */45 * * * * | */59 * * * * | */60 * * * * | 1-59/2 * * * *
  0-59/10 * * * * | 3-59/15 * * * * | 2,17,32,47 * * * * | 0,30 * * * * | 15,45 * * * * | 5,15,25,35,45,55 * * * * | 10-20 * * * *
  0-10,50-59/3 * * * * | 0 * * * * | 1 * * * * | 17 * * * * | 23 * * * * | 59 * * * *

  0 */2 * * * | 0 */3 * * * | 0 */4 * * * | 0 */6 * * * | 0 */8 * * * | 0 */12 * * * | 0 */23 * * * | 0 */24 * * * | 30 */2 * * *
  5 */6 * * * | 43 6,18 * * * | 13 0-23/6 * * * | 0 1-23/2 * * * | 30 1-23/3 * * * | 39 1-23/24 * * * | 15 1-23/24 * * * | 57 2-23/24 * * *
  30 0-23/24 * * * | 30 23-23/24 * * * | 25 0-0/5 * * * | */30 2 * * * | */20 1-3 * * * | 0,30 2-3 * * * | 0-59/60 2 * * * | 30-45/20 2 * * *
  30-45/20 1-2/2 * * * | */15 0 * * * | */15 23 * * * | * 2 * * * | * 1-2 * * * | * 0 * * * | * 23 * * * | 0-59 2 * * * | 0-59 0-3 * * *
  0 9-17 * * * | 0 9-17/2 * * * | 0 9-17 * * 1-5 | */5 9-16 * * 1-5 | */10 8-18 * * MON-FRI | 0 8,12,18 * * * | 30 2,14 * * * | 0 0,12 * * *
  0 1,2,3 * * * | 15 0,1,2,3,4 * * * | 30 0-4 * * * | 45 22-23 * * * | 0 23,0 * * * | 0 0-23 * * * | 30 0-23 * * * | 0 0-22,23 * * *

  0 0 * * * | 1 0 * * * | 5 0 * * * | 15 0 * * * | 30 0 * * * | 45 0 * * * | 59 0 * * * | 0 1 * * * | 30 1 * * * | 59 1 * * * | 0 2 * * *
  1 2 * * * | 15 2 * * * | 29 2 * * * | 30 2 * * * | 45 2 * * * | 59 2 * * * | 0 3 * * * | 1 3 * * * | 10 3 * * * | 30 3 * * * | 0 4 * * *
  17 4 * * * | 25 6 * * * | 0 5 * * * | 0 6 * * * | 0 7 * * * | 30 7 * * * | 0 8 * * * | 0 9 * * * | 30 9 * * * | 0 12 * * * | 0 13 * * *
  30 16 * * * | 0 17 * * * | 0 18 * * * | 0 20 * * * | 0 21 * * * | 0 22 * * * | 30 22 * * * | 0 23 * * * | 15 23 * * * | 30 23 * * *
  45 23 * * * | 55 23 * * * | 59 23 * * * | 00 03 * * * | 007 005 * * *

  0 0 * * 0 | 0 0 * * 7 | 0 0 * * SUN | 0 0 * * sun | 47 6 * * 7 | 30 3 * * 0 | 0 2 * * 0 | 30 2 * * 0 | 30 2 * * SUN | 30 1 * * SUN | 30 0 * * SUN
  30 23 * * SAT | 30 23 * * 6 | 0 0 * * 1 | 0 9 * * 1 | 0 6 * * MON | 0 6 * * Mon | 0 0 * * 1-5 | 0 0 * * MON-FRI | 0 22 * * 1-5 | 30 5 * * 1,3,5
  0 12 * * MON,WED,FRI | 0 10 * * 2,4 | 0 10 * * TUE,THU | 0 0 * * 6,0 | 0 0 * * SAT,SUN | 0 0 * * SAT-SUN | 0 0 * * 6-7 | 0 0 * * 5-7 | 0 0 * * FRI-SUN
  0 0 * * MON-SUN | 0 0 * * SUN-MON | 0 0 * * SUN-SAT | 0 0 * * SUN-SUN | 0 0 * * sun-Sun | 0 0 * * 0-0 | 0 0 * * 7-7 | 0 0 * * 0-7 | 0 0 * * 7-SUN
  0 0 * * 0-SUN | 0 0 * * SUN-7 | 0 0 * * MON-MON | 0 0 * * SUN-SUN,WED | 0 0 * * SUN-SUN/2 | 0 0 * * MON-SUN/2 | 0 0 * * MON-SUN/6 | 0 0 * * 0-7/7
  0 0 * * */2 | 0 0 * * */3 | 0 0 * * */7 | 0 0 * * 1-5/2 | 0 0 * * 0-6 | 0 21 * * 0-4 | 5 4 * * SUN | 0 22 * * THU | 0 15 * * 2-4,6

  0 0 1 * * | 0 0 1 */2 * | 0 0 1 */3 * | 0 0 1 */6 * | 0 0 1 */12 * | 0 0 1 1 * | 0 0 1 JAN * | 0 0 1 jan,jul * | 0 0 1 1,4,7,10 * | 0 0 1 JAN-MAR *
  0 0 1,15 * * | 0 0 15 * * | 0 3 1 * * | 52 6 1 * * | 30 2 1 * * | 0 5 1-7 * * | 0 9 1-7 * MON | 0 0 8-14 * * | 0 0 28-31 * * | 0 0 29 * * | 0 0 30 * *
  0 0 31 * * | 0 0 31 1,3,5 * | 0 0 29 2 * | 30 23 28 3 * | 30 2 29 3 * | 30 2 8 3 * | 30 1 1 11 * | 30 2 25 10 * | 0 0 */2 * * | 0 0 */5 * * | 0 0 */10 * *
  0 0 */31 * * | 0 0 1-31 * * | 0 0 1-31/2 * * | 0 0 2-30/2 * * | 0 0 10-20/3 * * | 0 0 1,2,3,29,30,31 * * | 30 4 1,15 * 5 | 0 0 13 * 5 | 0 0 13 * FRI
  0 0 13 * +FRI | 0 0 1 * +MON | 0 0 1-7 * +MON | 0 9 8-14 * +TUE | 0 0 * * +MON | 0 0 1 * +* | 0 0 1 * 0-6 | 0 0 */2 * MON | 0 0 */1 * MON | 0 0 1 * */2
  0 0 * 2 * | 0 0 * 3,10 * | 30 2 * MAR,OCT,NOV SUN | 0 0 * JUN-AUG MON-FRI | 0 12 25 12 * | 0 0 4 7 * | 30 23 31 12 * | 15 14 1 * * | 0 0 ? * MON
  ? ? * * * | 0 3 ? * ? | ?/15 * * * *

  0 0 L * * | 0 0 l * * | 30 23 L * * | 0 0 L 2 * | 0 0 L,15 * * | 0 0 1,L * * | 0 0 LW * * | 0 0 lw * * | 30 2 LW * * | 0 0 15W * * | 0 0 1W * * | 0 0 31W * *
  0 0 1W,15W * * | 0 0 L,15W * * | 0 0 30w 2,4 * | 0 0 LW * MON | 0 0 15W * FRI | 0 0 * * 5L | 0 0 * * FRIL | 0 0 * * 5#L | 0 0 * * FRI#L | 0 0 * * SUNL
  30 2 * 3,10 SUN#L | 30 2 * 3 SUN#2 | 30 1 * 11 SUN#1 | 0 0 * * 1#1 | 0 0 * * MON#1 | 0 0 * * MON#5 | 0 0 * * TUE#2,TUE#4 | 0 0 * * 1-5#1 | 0 0 * * MON-FRI#L
  0 0 * * 7#1 | 0 0 * * 0#1,0#3 | 0 0 * * 1#1,3 | 0 0 15 * 5#3 | 0 0 L * 5#L | 0 0 L * +FRI | 0 0 * * SUN-SUN#2 | 0 0 * * +1#1

  0 0 0 * * * | 0 30 2 * * * | 30 30 2 * * * | 59 59 1 * * * | 59 59 2 * * * | 59 59 23 * * * | 0,30 30 2 * * * | 15 0 0 * * SUN | */10 30 2 * * * | * 30 2 * * *
  * * 2 * * SUN | 0 */5 * * * * | 0 */15 * * * * | 0 0 */2 * * * | 0 0 9 * * MON-FRI | 30 */10 * * * * | */15 * * * * * | */20 * * * * * | */30 * * * * *
  10,40 * * * * * | 0-5 0 * * * * | 0 0 0 1 1 * | 0-59/60 30 2 * * * | 30-50/40 30 2 * * *

  0 0 0 1 1 * 2026 | 0 30 2 29 3 * 2026 | 0 30 2 * 3 * 2025-2027/2 | 0 0 0 * * SUN 2026 | 0 0 12 1 */3 * 2025,2027 | 0 30 1 * 10,11 SUN 2026-2027 | 0 0 0 1 1,7 * */2
  0 0 * 31 12 * 2026 | 0 0 0 1 1 * 2025-9999 | 0 */30 1-3 * * SUN#L 2027
`
  .trim()
  .split(/\s*[|\n]\s*/)
  .filter((pattern) => pattern !== "");

const value = (first: number, last: number): fc.Arbitrary<number> => fc.integer({ min: first, max: last });

const range = (first: number, last: number): fc.Arbitrary<string> =>
  fc.tuple(value(first, last), value(first, last)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);

function field(first: number, last: number): fc.Arbitrary<string> {
  const one = value(first, last).map(String);
  const step = value(1, last - first + 1);
  const item = fc.oneof(
    { weight: 6, arbitrary: one },
    { weight: 2, arbitrary: range(first, last) },
    { weight: 2, arbitrary: fc.tuple(range(first, last), step).map(([text, by]) => `${text}/${by}`) },
    { weight: 1, arbitrary: step.map((by) => `*/${by}`) },
  );
  return fc.oneof(
    { weight: 4, arbitrary: item },
    { weight: 1, arbitrary: fc.array(item, { minLength: 2, maxLength: 4 }).map((items) => items.join(",")) },
    { weight: 2, arbitrary: fc.constant("*") },
  );
}

const day = fc.oneof(
  { weight: 8, arbitrary: field(1, 31) },
  { weight: 1, arbitrary: fc.constantFrom("L", "LW", "1,L") },
  { weight: 1, arbitrary: value(1, 31).map((number) => `${number}W`) },
);

const weekday = fc.oneof(
  { weight: 8, arbitrary: field(0, 6) },
  { weight: 1, arbitrary: fc.tuple(range(0, 7), fc.constantFrom("", "#1", "#5", "#L")).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: field(0, 6).map((text) => `+${text}`) },
  { weight: 1, arbitrary: fc.constantFrom("SUN-SUN", "sat-sun", "MON-SUN", "SUN-WED", "FRIL", "TUE#2") },
);

/** Random patterns, most of them with times in the hours in which clocks change. Months are rare, so that most nights match. */
export const anyPattern: fc.Arbitrary<string> = fc
  .record({
    second: fc.oneof({ weight: 9, arbitrary: fc.constant("") }, { weight: 1, arbitrary: field(0, 59) }),
    minute: field(0, 59),
    hour: fc.oneof({ weight: 3, arbitrary: field(0, 3) }, { weight: 1, arbitrary: field(0, 23) }),
    date: fc.oneof(
      { weight: 4, arbitrary: fc.constant("* * *") },
      {
        weight: 1,
        arbitrary: fc.tuple(day, fc.oneof(fc.constant("*"), field(1, 12)), fc.constant("*")).map((all) => all.join(" ")),
      },
      { weight: 1, arbitrary: weekday.map((text) => `* * ${text}`) },
      { weight: 1, arbitrary: fc.tuple(day, weekday).map(([date, name]) => `${date} * ${name}`) },
    ),
  })
  .map(({ second, minute, hour, date }) => `${second} ${minute} ${hour} ${date}`.trim());
