// What a form holds, apart from how it is shown: a tree of states, one for each part of the input. No DOM.

/** @typedef {import("../../client/errors.js").Fault} Fault */
/** @typedef {import("../../schema/fields.js").Field} Field */

/** What a part reads when it is to be left out: neither empty, nor zero, nor null. */
export const ABSENT = Symbol("absent");

/**
 * Whether a part is left out, null, or has a value, which may be empty. What was entered is kept when it is left out.
 *
 * @typedef {"absent" | "null" | "set"} Presence
 */

/**
 * @typedef {object} Place where a value stands in the input
 * @property {string} label
 * @property {boolean} required
 * @property {boolean} [item] it is one of an array or a map: added and removed with its row
 */

/** @typedef {{presence: Presence, content?: any}} Saved a state as JSON data, finished or not */
/** @typedef {(field: Field, place: Place, parent: State | null) => State} MakeState */

/** Subclasses hold the content. Sends `change` when it was changed other than by typing into it. */
export class State extends EventTarget {
  /** @type {Presence} */
  presence = "absent";
  /** @type {Presence} */
  #beforeNull = "absent";

  /**
   * @param {Field} field
   * @param {Place} place
   * @param {State | null} parent
   */
  constructor(field, place, parent) {
    super();
    this.field = field;
    this.place = place;
    this.parent = parent;
  }

  /** @returns {readonly State[]} what it is made of and shows now */
  get parts() {
    return [];
  }

  /** @returns {string} JSON Pointer of the value */
  get pointer() {
    return this.parent === null ? "" : this.parent.pointerOf(this);
  }

  get mayBeAbsent() {
    return !this.place.required && !this.place.item;
  }

  /**
   * @param {State} _part
   * @returns {string}
   */
  pointerOf(_part) {
    return this.pointer;
  }

  /**
   * The value as JSON data, or `ABSENT`.
   *
   * @param {Fault[]} [faults] told what was entered and is no value
   * @returns {unknown}
   */
  read(faults = []) {
    if (this.presence === "absent") return ABSENT;
    return this.presence === "null" ? null : this.content(faults);
  }

  /**
   * Hold a value, as far as this state can; `ABSENT` is how it was at first.
   *
   * @param {unknown} value
   */
  write(value) {
    if (value === ABSENT) this.reset();
    else if (value === null && this.field.nullable) this.presence = "null";
    else {
      this.presence = "set";
      this.fill(value);
    }
    this.changed();
  }

  /** @param {Presence} presence */
  become(presence) {
    this.presence = presence;
    this.changed();
  }

  /** To null, or back to how it was before. */
  toggleNull() {
    if (this.presence === "null") this.become(this.#beforeNull);
    else {
      this.#beforeNull = this.presence;
      this.become("null");
    }
  }

  /** @returns {Saved} */
  save() {
    return { presence: this.presence, content: this.pack() };
  }

  /** @param {any} saved by `save`, perhaps of another schema: what does not fit is passed over */
  load(saved) {
    if (!["absent", "null", "set"].includes(saved?.presence)) return;
    this.presence = saved.presence;
    this.unpack(saved.content);
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** To how it was at first: what must be there and is known beforehand is. */
  reset() {
    this.presence = "absent";
    this.empty();
    const { schema } = this.field;
    if (this.place.required && "default" in schema && schema.default !== null) {
      this.presence = "set";
      this.fill(schema.default);
    }
  }

  /**
   * @param {Fault[]} _faults
   * @returns {unknown}
   */
  content(_faults) {
    return ABSENT;
  }

  /** @param {unknown} _value */
  fill(_value) {}

  /** Without content. */
  empty() {}

  /** @returns {any} the content as JSON data */
  pack() {
    return undefined;
  }

  /** @param {any} _content */
  unpack(_content) {}

  /** @returns {State[]} this state, and all below it that are shown */
  all() {
    return [this, ...this.parts.flatMap((part) => part.all())];
  }
}

/** What no value fits. */
export class NeverState extends State {}
