/** Where the RTC keeps its time and its alarm in the CMOS memory (MC146818A data sheet; the century is a PC's convention). */
export const RTC = {
  seconds: 0,
  secondsAlarm: 1,
  minutes: 2,
  minutesAlarm: 3,
  hours: 4,
  hoursAlarm: 5,
  dayOfWeek: 6,
  day: 7,
  month: 8,
  year: 9,
  registerA: 10,
  registerB: 11,
  registerC: 12,
  registerD: 13,
  century: 0x32,
} as const;

const BINARY = 0x04;
const HOURS_24 = 0x02;
const PM = 0x80;
/** Alarm bytes from here on match everything. */
const ANY = 0xc0;

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function decode(value: number, registerB: number): number {
  return (registerB & BINARY) !== 0 ? value : (value >>> 4) * 10 + (value & 15);
}

function encode(value: number, registerB: number): number {
  return (registerB & BINARY) !== 0 ? value : (Math.floor(value / 10) << 4) | (value % 10);
}

function decodeHour(value: number, registerB: number): number {
  if ((registerB & HOURS_24) !== 0) return decode(value, registerB);
  return (decode(value & ~PM, registerB) % 12) + ((value & PM) !== 0 ? 12 : 0);
}

function encodeHour(hour: number, registerB: number): number {
  if ((registerB & HOURS_24) !== 0) return encode(hour, registerB);
  return encode(hour % 12 === 0 ? 12 : hour % 12, registerB) | (hour >= 12 ? PM : 0);
}

function daysOf(month: number, year: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (DAYS_OF_MONTH[month - 1] ?? 31);
}

/** Counts a second on in the memory's time registers. */
export function countSecond(memory: number[]): void {
  const b = memory[RTC.registerB]!;
  if (!increment(memory, RTC.seconds, 60) || !increment(memory, RTC.minutes, 60)) return;
  const hour = decodeHour(memory[RTC.hours]!, b) + 1;
  memory[RTC.hours] = encodeHour(hour % 24, b);
  if (hour >= 24) countDay(memory, b);
}

/** True when the register has come round to zero. */
function increment(memory: number[], register: number, range: number): boolean {
  const b = memory[RTC.registerB]!;
  const value = decode(memory[register]!, b) + 1;
  memory[register] = encode(value % range, b);
  return value >= range;
}

function countDay(memory: number[], b: number): void {
  memory[RTC.dayOfWeek] = (memory[RTC.dayOfWeek]! % 7) + 1;
  const month = decode(memory[RTC.month]!, b);
  // The century is BCD whatever the data mode is.
  const year = decode(memory[RTC.year]!, b) + 100 * decode(memory[RTC.century]!, 0);
  const day = decode(memory[RTC.day]!, b) + 1;
  const newMonth = day > daysOf(month, year);
  memory[RTC.day] = encode(newMonth ? 1 : day, b);
  if (!newMonth) return;
  memory[RTC.month] = encode(month >= 12 ? 1 : month + 1, b);
  if (month < 12) return;
  memory[RTC.year] = encode((year + 1) % 100, b);
  memory[RTC.century] = encode(Math.floor((year + 1) / 100) % 100, 0);
}

function alarmMatches(memory: number[], seconds: number, minutes: number, hours: number): boolean {
  const matches = (register: number, value: number) => memory[register]! >= ANY || memory[register] === value;
  return matches(RTC.secondsAlarm, seconds) && matches(RTC.minutesAlarm, minutes) && matches(RTC.hoursAlarm, hours);
}

/** Whether the alarm is for the time that the registers show. */
export function isAlarmTime(memory: number[]): boolean {
  return alarmMatches(memory, memory[RTC.seconds]!, memory[RTC.minutes]!, memory[RTC.hours]!);
}

const SECONDS_PER_DAY = 86_400;

/** Seconds until the alarm comes next, 1 to a day; infinity if it is for no time of day. */
export function secondsToAlarm(memory: number[]): number {
  const b = memory[RTC.registerB]!;
  const time =
    decode(memory[RTC.seconds]!, b) + 60 * decode(memory[RTC.minutes]!, b) + 3600 * decodeHour(memory[RTC.hours]!, b);
  for (let ahead = 1; ahead <= SECONDS_PER_DAY; ahead++) {
    const second = (time + ahead) % SECONDS_PER_DAY;
    const minute = Math.floor(second / 60);
    const hour = encodeHour(Math.floor(minute / 60), b);
    if (alarmMatches(memory, encode(second % 60, b), encode(minute % 60, b), hour)) return ahead;
  }
  return Number.POSITIVE_INFINITY;
}
