// The state of an object: its properties, and rows for other keys.

import { join } from "../../schema/pointer.js";
import { ABSENT, State } from "./state.js";

/** @typedef {import("./state.js").Fault} Fault */
/** @typedef {import("./state.js").MakeState} MakeState */
/** @typedef {import("./state.js").Place} Place */
/** @typedef {import("../../schema/fields.js").Field} Field */
/** @typedef {{key: string, state: State}} Row */

export class ObjectState extends State {
  #make;
  /** @type {Row[] | null} made when it is looked at: what it is made of may contain it */
  #named = null;
  /** @type {Row[]} */
  rows = [];

  /**
   * @param {Field} field
   * @param {Place} place
   * @param {State | null} parent
   * @param {MakeState} make
   */
  constructor(field, place, parent, make) {
    super(field, place, parent);
    this.#make = make;
  }

  /** @returns {Row[]} */
  get named() {
    return (this.#named ??= this.field.properties.map(({ name, required, field }) => ({
      key: name,
      state: this.#make(field, { label: field.title || name, required }, this),
    })));
  }

  /** @override @returns {State[]} */
  get parts() {
    return this.presence === "set" ? [...this.named, ...this.rows].map(({ state }) => state) : [];
  }

  /** @override @param {State} part */
  pointerOf(part) {
    const row = [...(this.#named ?? []), ...this.rows].find(({ state }) => state === part);
    return join(this.pointer, row?.key ?? "");
  }

  /** Whether a row for another key can be added. */
  get isOpen() {
    const { maxProperties = Infinity } = this.field.schema;
    return this.field.isOpen && this.rows.length < maxProperties;
  }

  /** @param {string} [key] */
  addRow(key = "") {
    const row = { key, state: this.#rowState(key) };
    this.rows.push(row);
    return row;
  }

  /** @param {number} index */
  removeRow(index) {
    this.rows.splice(index, 1);
    this.changed();
  }

  /**
   * @param {Row} row
   * @param {string} key
   * @returns {boolean} whether another kind of value stands there now
   */
  rename(row, key) {
    row.key = key;
    if (this.field.additional(key) === row.state.field || this.field.additional(key) === null) return false;
    const value = row.state.read();
    row.state = this.#rowState(key);
    if (value !== ABSENT) row.state.write(value);
    return true;
  }

  /** @override @param {Fault[]} faults @returns {Record<string, unknown>} */
  content(faults) {
    const entries = this.named.map(({ key, state }) => /** @type {[string, unknown]} */ ([key, state.read(faults)]));
    const taken = new Set(this.named.map(({ key }) => key));
    for (const { key, state } of this.rows) {
      const value = state.read(faults);
      if (key === "") faults.push({ path: this.pointer, message: "A row has no key: name it or remove it." });
      else if (taken.has(key)) faults.push({ path: this.pointer, message: `The key ${key.slice(0, 100)} is there twice.` });
      else if (value === ABSENT) faults.push({ path: state.pointer, message: "This is empty: fill it in or remove it." });
      taken.add(key);
      entries.push([key, value]);
    }
    return Object.fromEntries(entries.filter(([, value]) => value !== ABSENT));
  }

  /** @override @param {unknown} value */
  fill(value) {
    const object = typeof value === "object" && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};
    for (const { key, state } of this.named) state.write(Object.hasOwn(object, key) ? object[key] : ABSENT);
    const known = new Set(this.named.map(({ key }) => key));
    this.rows = [];
    for (const [key, part] of Object.entries(object)) if (!known.has(key)) this.addRow(key).state.write(part);
  }

  /** @override */
  empty() {
    this.rows = [];
    for (const { state } of this.#named ?? []) state.write(ABSENT);
    if (!this.mayBeAbsent && (this.place.item || !this.field.isRecursive)) this.presence = "set";
  }

  /** @override */
  pack() {
    const packed = (/** @type {Row[]} */ rows) => rows.map(({ key, state }) => [key, state.save()]);
    return { named: this.#named === null ? [] : packed(this.#named), rows: packed(this.rows) };
  }

  /** @override @param {any} content */
  unpack(content) {
    const saved = new Map(Array.isArray(content?.named) ? content.named : []);
    for (const { key, state } of saved.size > 0 ? this.named : []) state.load(saved.get(key));
    this.rows = [];
    for (const [key, part] of Array.isArray(content?.rows) ? content.rows : []) this.addRow(String(key)).state.load(part);
  }

  /** @param {string} key */
  #rowState(key) {
    const field = this.field.additional(key) ?? this.field.additional("");
    return this.#make(field ?? this.field.never, { label: key, required: true, item: true }, this);
  }
}
