// What controls made of controls share: a frame with a legend, and whether what it stands for is there at all.

import { button, el } from "../dom.js";
import { Control, hintOf, nullChip, smallPrint } from "./control.js";

/** @typedef {import("./state/state.js").State} State */

/**
 * @template {State} [S=State]
 * @extends {Control<S>}
 */
export class Group extends Control {
  body = el("div", { class: "group-body" });

  /**
   * @param {S} state
   * @param {string} className
   */
  constructor(state, className = "group") {
    super(state);
    this.caption = el("legend", { dir: "auto" });
    this.setLabel(state.place.label);
    const hint = hintOf(state.field.description);
    const print = smallPrint(state);
    this.print = print === "" ? null : el("p", { class: "small-print", dir: "auto" }, print);
    this.element = el(
      "fieldset",
      { class: className, "aria-describedby": [this.faultSlot.id, hint?.id].filter(Boolean).join(" ") },
      this.caption,
      this.print,
      hint,
      this.faultSlot,
      this.body,
    );
  }
}

/**
 * A group that may be left out, or null: its parts are made when it is first filled in.
 *
 * @template {State} [S=State]
 * @extends {Group<S>}
 */
export class OptionalGroup extends Group {
  #isBuilt = false;
  #fillIn = button(this.fillWord, () => this.#become("set"), { class: "quiet add" });
  #leaveOut = button("Leave out", () => this.#become("absent"), { class: "link" });
  actions = el("div", { class: "actions" });

  /** @param {S} state */
  constructor(state) {
    super(state);
    const toNull = nullChip(this);
    this.actions.append(this.#fillIn, ...(toNull ? [toNull] : []), this.#leaveOut);
    (this.print ?? this.caption).after(this.actions);
  }

  /** What is on the button that makes it be there. */
  get fillWord() {
    return "Fill in";
  }

  /** @override */
  update() {
    const { presence, mayBeAbsent } = this.state;
    const isSet = presence === "set";
    if (isSet && !this.#isBuilt) {
      this.#isBuilt = true;
      this.build();
    }
    if (isSet) this.show();
    this.body.hidden = !isSet;
    this.#fillIn.hidden = isSet;
    this.#leaveOut.hidden = !isSet || !mayBeAbsent;
    this.actions.hidden = [...this.actions.children].every((child) => child instanceof HTMLElement && child.hidden);
    this.element.dataset.presence = presence;
  }

  /** Make the parts. */
  build() {}

  /** Show the parts as they are now. */
  show() {}

  /** @param {import("./state/state.js").Presence} presence */
  #become(presence) {
    this.state.become(presence);
    if (presence === "set") this.focusInside();
    else this.#fillIn.focus();
    this.tell();
  }

  focusInside() {
    const [first] = this.parts;
    if (first !== undefined) first.focus();
    else this.#leaveOut.focus();
  }
}
