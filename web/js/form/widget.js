// A control that a plugin has brought: another view of the same state. Where it fails, the page's own control is there.

import { el } from "../dom.js";
import { equal } from "../schema/equal.js";
import { loadWidget } from "../widgets.js";
import { Control, nullChip } from "./control.js";
import { Group } from "./group.js";
import { ABSENT } from "./state/state.js";

/** @typedef {import("./state/state.js").State} State */
/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {import("../widgets.js").InputWidget} InputWidget */
/** @typedef {import("../widgets.js").WidgetEntry} WidgetEntry */

export class WidgetControl extends Control {
  #entry;
  #generic;

  /**
   * @param {State} state
   * @param {WidgetEntry} entry
   * @param {Schema | boolean} root the document that references in its schema count from
   * @param {() => Control} generic makes the page's own control
   */
  constructor(state, entry, root, generic) {
    super(state);
    this.#entry = entry;
    this.#generic = generic;
    const frame = new Frame(state, (error) => this.#giveUp(error));
    /** @type {Control[]} */
    this.parts = [frame];
    this.element = el("div", { class: "deferred" }, frame.element);
    loadWidget(entry, "input").then((make) => frame.hold(make, root)).catch((error) => this.#giveUp(error));
  }

  /** @override @param {string} label */
  setLabel(label) {
    super.setLabel(label);
    for (const part of this.parts) part.setLabel(label);
  }

  /** @override */
  focus() {
    this.parts[0].focus();
  }

  /** @param {unknown} error */
  #giveUp(error) {
    console.info(`The widget ${this.#entry.name} failed; the form asks as it would without it.`, error);
    const [frame] = this.parts;
    const hadFocus = this.element.contains(document.activeElement);
    const inner = this.#generic();
    this.parts = [inner];
    this.element.replaceChildren(inner.element);
    if (!frame.faultSlot.hidden) inner.showFaults([frame.faultSlot.textContent ?? ""]);
    if (hadFocus) inner.focus();
  }
}

/** What stands around the widget: its label, and what is wrong with its value. */
class Frame extends Group {
  #giveUp;
  /** @type {InputWidget | null} */
  #widget = null;
  #wantsFocus = false;

  /**
   * @param {State} state
   * @param {(error: unknown) => void} giveUp
   */
  constructor(state, giveUp) {
    super(state);
    this.#giveUp = giveUp;
    this.body.append(el("p", { class: "hint" }, "Being loaded…"));
  }

  /**
   * @param {import("../widgets.js").MakeInput} make
   * @param {Schema | boolean} root
   */
  hold(make, root) {
    const { field, place } = this.state;
    const widget = make({ schema: field.schema, root, label: place.label, value: structuredClone(this.#value), onchange: () => this.#take() });
    const toNull = nullChip(this);
    this.body.replaceChildren(widget.node, ...(toNull ? [toNull] : []));
    this.#widget = widget;
    if (this.#wantsFocus) this.focus();
  }

  /** @override */
  update() {
    this.#ask((widget) => {
      if (!equal(widget.value(), this.#value)) widget.setValue(structuredClone(this.#value));
    });
  }

  /** @override */
  focus() {
    this.#wantsFocus = this.#widget === null;
    this.#ask((widget) => widget.focus());
  }

  /** What the state holds; undefined is nothing. */
  get #value() {
    const value = this.state.read([]);
    return value === ABSENT ? undefined : value;
  }

  #take() {
    this.#ask((widget) => {
      const value = widget.value();
      this.state.write(value === undefined ? ABSENT : structuredClone(value));
      this.tell();
    });
  }

  /** @param {(widget: InputWidget) => void} act */
  #ask(act) {
    const widget = this.#widget;
    if (widget === null) return;
    try {
      act(widget);
    } catch (error) {
      this.#widget = null;
      this.#giveUp(error);
    }
  }
}
