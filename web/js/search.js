// Finds what is looked for by a few letters: each word must be somewhere, and the beginning of a name counts most.

/**
 * @param {string} query
 * @returns {string[]} its words, as they are compared
 */
export function wordsOf(query) {
  return plain(query).split(/\s+/).filter(Boolean);
}

/**
 * @param {readonly string[]} words as `wordsOf` gives them
 * @param {readonly string[]} texts the most telling first
 * @returns {number | null} the smaller, the better; null if a word is nowhere
 */
export function rank(words, texts) {
  const plainTexts = texts.map(plain);
  let sum = 0;
  for (const word of words) {
    const best = Math.min(...plainTexts.map((text, index) => index * 4 + rankIn(text, word)));
    if (best === Infinity) return null;
    sum += best;
  }
  return sum;
}

/**
 * @param {string} text
 * @param {string} word
 */
function rankIn(text, word) {
  const at = text.indexOf(word);
  if (at === 0) return 0;
  if (at > 0) return /[\p{L}\p{N}]/u.test(text[at - 1]) ? 2 : 1;
  return Infinity;
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
