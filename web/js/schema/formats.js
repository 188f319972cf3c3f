// The formats of text that a form knows how to ask for, as strictly as the service judges them.

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @type {Readonly<Record<string, (text: string) => boolean>>} */
export const FORMATS = Object.freeze({
  date: isDate,
  time: isTime,
  "date-time": (text) => /^.{10}T/i.test(text) && isDate(text.slice(0, 10)) && isTime(text.slice(11)),
  uuid: (text) => UUID.test(text),
  regex: isPattern,
});

/** @param {string} text */
function isDate(text) {
  const parts = DATE.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** @param {string} text a leap second is one only at the end of a day in UTC (RFC 3339, 5.7) */
function isTime(text) {
  const parts = TIME.exec(text);
  if (parts === null) return false;
  if (parts[3] !== "60") return true;
  const [hours, minutes] = [Number(parts[1]), Number(parts[2])];
  const [, sign, offsetHours, offsetMinutes] = /^([+-])(\d\d):(\d\d)$/.exec(parts[5]) ?? ["", "+", "0", "0"];
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === "-" ? -1 : 1);
  return (hours * 60 + minutes - offset + 2880) % 1440 === 1439;
}

/** @param {string} text whether it is a regular expression that this browser understands */
export function isPattern(text) {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
