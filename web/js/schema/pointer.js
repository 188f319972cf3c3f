// JSON Pointers (RFC 6901).

/**
 * The pointer of a part of what `pointer` points at.
 *
 * @param {string} pointer
 * @param {string | number} key
 */
export function join(pointer, key) {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/**
 * What a pointer points at, or undefined.
 *
 * @param {any} document
 * @param {string} pointer
 */
export function resolve(document, pointer) {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((part, key) => (part !== null && typeof part === "object" && Object.hasOwn(part, key) ? part[key] : undefined), document);
}

/**
 * Whether `pointer` is `ancestor` or lies below it.
 *
 * @param {string} pointer
 * @param {string} ancestor
 */
export function isWithin(pointer, ancestor) {
  return pointer === ancestor || pointer.startsWith(`${ancestor}/`);
}
