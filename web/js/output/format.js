// Values in words and figures, for people. No elements here.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0, useGrouping: "min2" });
const SIX_DIGITS = new Intl.NumberFormat("en", { maximumSignificantDigits: 6, useGrouping: "min2" });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const LEAST_PLAIN = 1e-4;
const MOST_PLAIN = 1e9;
const LONGEST_URL = 2_000;

/** @param {number} value */
export function shownNumber(value) {
  if (Number.isSafeInteger(value)) return WHOLE.format(value);
  const size = Math.abs(value);
  if (size >= LEAST_PLAIN && size < MOST_PLAIN) return SIX_DIGITS.format(value);
  const [figures, exponent] = value.toExponential(4).split("e");
  return `${Number(figures)} × 10${superscript(Number(exponent))}`;
}

/** @param {number} value between 0 and 1 */
export function shownPercent(value) {
  if (value > 0 && value < 0.0005) return "< 0.1%";
  return value < 1 && value > 0.9995 ? "> 99.9%" : PERCENT.format(value);
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${WHOLE.format(count)} ${count === 1 ? one : many}`;
}

/** @param {number} bytes */
export function shownBytes(bytes) {
  if (bytes < 1000) return counted(bytes, "byte");
  return bytes < 1e6 ? `${SIX_DIGITS.format(Number((bytes / 1e3).toPrecision(3)))} kB` : `${SIX_DIGITS.format(Number((bytes / 1e6).toPrecision(3)))} MB`;
}

/**
 * @param {string} text
 * @param {string} format of JSON Schema
 * @returns {string | null} null where it is no such moment
 */
export function shownMoment(text, format) {
  if (format === "duration") return shownDuration(text);
  const time = Date.parse(format === "time" ? `1970-01-01T${text}` : text);
  if (Number.isNaN(time)) return null;
  if (format === "date") return new Date(time).toLocaleDateString(undefined, { dateStyle: "long", timeZone: "UTC" });
  // What the reader's clock says; a time without a day cannot be told in another zone.
  if (format === "time") return text.replace(/Z$/i, " UTC").replace(/(?<=\d)([+-]\d\d:\d\d)$/, " (UTC$1)");
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
}

const DURATION = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const DURATION_UNITS = ["year", "month", "week", "day", "hour", "minute", "second"];

/**
 * @param {string} text ISO 8601
 * @returns {string | null}
 */
function shownDuration(text) {
  const amounts = DURATION.exec(text)?.slice(1) ?? [];
  const words = amounts.flatMap((amount, index) => (amount === undefined ? [] : `${Number(amount)} ${DURATION_UNITS[index]}${amount === "1" ? "" : "s"}`));
  return words.length > 0 ? words.join(" ") : null;
}

/**
 * An address that may be followed: of a web page, never of a script.
 *
 * @param {unknown} text
 * @returns {string | null}
 */
export function webAddress(text) {
  if (typeof text !== "string" || text.length > LONGEST_URL || !/^https?:\/\//i.test(text)) return null;
  try {
    const { protocol, href } = new URL(text);
    return protocol === "http:" || protocol === "https:" ? href : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} text
 * @param {number} length
 */
export function shortened(text, length) {
  if (text.length <= length) return text;
  // Not through the middle of a character.
  const end = /[\ud800-\udbff]/.test(text[length - 1]) ? length - 1 : length;
  return `${text.slice(0, end)}…`;
}

/**
 * Any value on one line.
 *
 * @param {unknown} value
 * @param {number} [length]
 */
export function inline(value, length = 300) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return shownNumber(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return shortened(typeof value === "string" ? value : JSON.stringify(value), length);
}

/** @param {number} exponent */
function superscript(exponent) {
  return [...String(exponent)].map((figure) => (figure === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(figure)])).join("");
}
