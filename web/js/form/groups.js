// Controls made of controls: objects, arrays whose items are alike, and tuples.

import { button, el, newId } from "../dom.js";
import { join } from "../schema/pointer.js";
import { ABSENT, Control, smallPrint } from "./control.js";

/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("./control.js").Place} Place */
/** @typedef {import("./control.js").Fault} Fault */
/** @typedef {import("../schema/fields.js").Field} Field */

/** What groups share: a frame with a legend around their parts. */
class Group extends Control {
  body = el("div", { class: "group-body" });

  /**
   * @param {Field} field
   * @param {Place} place
   */
  constructor(field, place) {
    super(field, place);
    this.caption = el("legend", {}, place.label);
    const text = [field.description, smallPrint(field, place)].filter(Boolean).join(" · ");
    const hint = text && el("p", { class: "hint", id: newId() }, text);
    this.element = el(
      "fieldset",
      { class: "group", "aria-describedby": [this.faultSlot.id, hint && hint.id].filter(Boolean).join(" ") },
      this.caption,
      hint,
      this.faultSlot,
      this.body,
    );
  }

  /** @override */
  get blank() {
    return this.parts.every((part) => part.blank);
  }

  get mayBeLeftOut() {
    return !this.place.required && !this.place.item;
  }
}

/** An object. One that may be left out is, while nothing in it is set. */
export class ObjectControl extends Group {
  /**
   * @param {Field} field
   * @param {Place} place
   * @param {MakeControl} make
   */
  constructor(field, place, make) {
    super(field, place);
    this.parts = field.properties.map(({ name, required, field: part }) =>
      make(part, { label: part.title || name, required }),
    );
    this.body.append(...this.parts.map(({ element }) => element));
  }

  /** @override @param {Fault[]} faults */
  read(faults) {
    if (this.mayBeLeftOut && this.blank) return ABSENT;
    const values = this.parts.map((part) => part.read(faults));
    const entries = this.field.properties.map(({ name }, index) => /** @type {const} */ ([name, values[index]]));
    return Object.fromEntries(entries.filter(([, value]) => value !== ABSENT));
  }

  /** @override @param {unknown} value */
  write(value) {
    const object = typeof value === "object" && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};
    this.parts.forEach((part, index) => {
      const { name } = this.field.properties[index];
      part.write(Object.hasOwn(object, name) ? object[name] : ABSENT);
    });
  }

  /** @override @param {string} pointer */
  moveTo(pointer) {
    super.moveTo(pointer);
    this.parts.forEach((part, index) => part.moveTo(join(pointer, this.field.properties[index].name)));
  }
}

/** An array of a fixed length, each item of its own kind. */
export class TupleControl extends Group {
  /**
   * @param {Field} field
   * @param {Place} place
   * @param {MakeControl} make
   */
  constructor(field, place, make) {
    super(field, place);
    this.parts = field.prefix.map((part, index) =>
      make(part, { label: part.title || `Item ${index + 1}`, required: place.required, item: true }),
    );
    this.body.append(...this.parts.map(({ element }) => element));
  }

  /** @override @param {Fault[]} faults */
  read(faults) {
    if (this.mayBeLeftOut && this.blank) return ABSENT;
    return this.parts.map((part) => readItem(part, faults));
  }

  /** @override @param {unknown} value */
  write(value) {
    const items = Array.isArray(value) ? value : [];
    this.parts.forEach((part, index) => part.write(index < items.length ? items[index] : ABSENT));
  }

  /** @override @param {string} pointer */
  moveTo(pointer) {
    super.moveTo(pointer);
    this.parts.forEach((part, index) => part.moveTo(join(pointer, index)));
  }
}

/** An array whose items are alike: rows to add and remove. */
export class ListControl extends Group {
  #make;
  /** @type {WeakMap<Control, HTMLElement>} */
  #removers = new WeakMap();
  #rows = el("ol", { class: "rows" });
  #rowsAtFirst;
  #add = button("Add item", () => this.#addByHand(), { class: "quiet" });

  /**
   * @param {Field} field
   * @param {Place} place
   * @param {MakeControl} make
   */
  constructor(field, place, make) {
    super(field, place);
    this.#make = make;
    this.#rowsAtFirst = place.required ? (field.schema.minItems ?? 0) : 0;
    this.body.append(this.#rows, this.#add);
    this.write(ABSENT);
  }

  /** @override */
  get blank() {
    return this.parts.length === this.#rowsAtFirst && super.blank;
  }

  /** @override @param {Fault[]} faults */
  read(faults) {
    if (this.mayBeLeftOut && this.blank) return ABSENT;
    return this.parts.map((part) => readItem(part, faults));
  }

  /** @override @param {unknown} value */
  write(value) {
    const items = Array.isArray(value) ? value : new Array(this.#rowsAtFirst).fill(ABSENT);
    this.parts = [];
    this.#rows.replaceChildren();
    for (const item of items) this.#addRow().write(item);
    this.moveTo(this.pointer);
  }

  /** @override @param {string} pointer */
  moveTo(pointer) {
    super.moveTo(pointer);
    const noun = this.field.items?.title || "Item";
    this.parts.forEach((part, index) => {
      part.moveTo(join(pointer, index));
      part.caption.textContent = `${noun} ${index + 1}`;
      this.#removers.get(part)?.setAttribute("aria-label", `Remove ${noun} ${index + 1}`);
    });
  }

  #addByHand() {
    const part = this.#addRow();
    this.moveTo(this.pointer);
    part.focus();
    this.#changed();
  }

  #addRow() {
    const part = this.#make(/** @type {Field} */ (this.field.items), { label: "", required: true, item: true });
    const remover = button("Remove", () => this.#remove(part), { class: "quiet remove" });
    this.#removers.set(part, remover);
    this.parts.push(part);
    this.#rows.append(el("li", {}, part.element, remover));
    return part;
  }

  /** @param {Control} part */
  #remove(part) {
    const index = this.parts.indexOf(part);
    this.parts.splice(index, 1);
    this.#rows.children[index].remove();
    this.moveTo(this.pointer);
    (this.parts[index] ?? this.parts[index - 1])?.focus();
    if (this.parts.length === 0) this.#add.focus();
    this.#changed();
  }

  #changed() {
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/**
 * An item has no way to be absent: the ones after it would move up.
 *
 * @param {Control} part
 * @param {Fault[]} faults
 */
function readItem(part, faults) {
  const value = part.read(faults);
  if (value !== ABSENT) return value;
  faults.push({ path: part.pointer, message: "This item is empty: fill it in or remove it." });
  return null;
}
