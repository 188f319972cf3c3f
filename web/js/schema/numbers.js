// Numbers as they are typed. What would be sent as another number than was typed is refused: JavaScript keeps 53 bits.

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Why what was typed is no number to be sent; null where it is one.
 *
 * @param {string} text without space around it
 */
export function whyNoNumber(text) {
  if (/^[+-]?\d+,\d+$/.test(text)) return `Write it with a point: ${text.replace(",", ".")}`;
  if (!NUMBER.test(text)) return "This is not a number.";
  if (!Number.isFinite(Number(text))) return "This number is too large.";
  return isInexact(text) ? "This integer is too large to be sent exactly." : null;
}

/**
 * Why what is written as JSON would be sent as something else; null where it would not.
 *
 * @param {string} text that can be parsed
 */
export function whyInexact(text) {
  const numbers = text.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [];
  for (const number of numbers) {
    if (!Number.isFinite(Number(number))) return `The number ${shortened(number)} is too large.`;
    if (isInexact(number)) return `The integer ${shortened(number)} is too large to be sent exactly.`;
  }
  return null;
}

/**
 * Whether an integer would be sent as another one than was typed.
 *
 * @param {string} text
 */
function isInexact(text) {
  return /^[+-]?\d{16,}$/.test(text) && BigInt(text.replace("+", "")) !== integerOf(JSON.stringify(Number(text)));
}

/** @param {string} text as JSON has it: digits, or from 1e21 on a few of them and how many more there are */
function integerOf(text) {
  const [digits, exponent = "0"] = text.split("e");
  const [whole, fraction = ""] = digits.split(".");
  return BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
}

/** @param {string} number */
function shortened(number) {
  return number.length > 40 ? `${number.slice(0, 40)}…` : number;
}
