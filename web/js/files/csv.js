// Comma-separated values (RFC 4180), as programs really write them.

const DELIMITERS = [",", ";", "\t"];
/** A spreadsheet would run such a text as a formula. */
const FORMULA = /^(?:[=@\t\r]|[+-](?!\d*\.?\d+(?:[eE][+-]?\d+)?$))./;

/**
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function writeCsv(rows) {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** @param {string} text */
function cell(text) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * @param {string} text
 * @returns {string[][]} rows; those without any text are passed over
 */
export function parseCsv(text) {
  const delimiter = delimiterOf(text);
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  let at = text.startsWith("\u{feff}") ? 1 : 0;
  while (at < text.length) {
    const { value, end } = text[at] === '"' ? quoted(text, at, delimiter) : plain(text, at, delimiter);
    row.push(value);
    at = end;
    if (text[at] === delimiter) {
      at += 1;
      if (at < text.length) continue;
      row.push("");
    }
    if (row.some((one) => one !== "")) rows.push(row);
    row = [];
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  return rows;
}

/**
 * The one that the first row has most of, outside of quotes.
 *
 * @param {string} text
 */
function delimiterOf(text) {
  const first = text.replace(/"(?:[^"]|"")*"/g, "").split(/[\r\n]/, 1)[0];
  const counts = DELIMITERS.map((delimiter) => first.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/**
 * @param {string} text
 * @param {number} start
 * @param {string} delimiter
 */
function plain(text, start, delimiter) {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end += 1;
  return { value: text.slice(start, end), end };
}

/**
 * @param {string} text
 * @param {number} start where the quote stands
 * @param {string} delimiter
 */
function quoted(text, start, delimiter) {
  let value = "";
  let at = start + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) return { value: value + text.slice(at), end: text.length };
    value += text.slice(at, end);
    at = end + 1;
    if (text[at] !== '"') break;
    value += '"';
    at += 1;
  }
  // What stands between a closing quote and the next delimiter belongs to the text, as spreadsheets have it.
  const rest = plain(text, at, delimiter);
  return { value: value + rest.value, end: rest.end };
}
