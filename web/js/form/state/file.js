// The state of a file.

import { TextState } from "./scalars.js";

/** Bytes, as base64. */
export class FileState extends TextState {
  name = "";

  /** @override */
  get mayBeEmpty() {
    return true;
  }

  /**
   * @override
   * @param {string} base64
   * @param {string} [name] of the file; empty where it has none
   */
  hold(base64, name = "") {
    this.name = name;
    super.hold(base64);
  }

  /** @override @param {unknown} value */
  fill(value) {
    super.fill(value);
    this.name = "";
  }
}
