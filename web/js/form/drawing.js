// The control of an image that is drawn: with a finger, a mouse or a pen, by keyboard, or as numbers.

import { button, el, newId } from "../dom.js";
import { chip, nullChip } from "./control.js";
import { Group } from "./group.js";

/** @typedef {import("./state/grid.js").GridState} GridState */

const STEPS = Object.freeze(/** @type {Record<string, [number, number]>} */ ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }));
const HELP = "Draw with a finger, a mouse or a pen. By keyboard: the arrow keys move, Space draws or rubs out a pixel, 1 to 9 shade it.";

/** @extends {Group<GridState>} */
export class DrawingControl extends Group {
  #canvas = el("canvas", { class: "drawing", tabindex: 0, role: "application" });
  #said = el("p", { class: "visually-hidden", role: "status" });
  #isRubber = false;
  #cursor = { row: 0, column: 0 };
  /** @type {{row: number, column: number} | null} where the pen was last, while it is down */
  #pen = null;

  /** @param {GridState} state */
  constructor(state) {
    super(state);
    const { rows, columns } = state.grid;
    Object.assign(this.#canvas, { width: columns, height: rows });
    this.#canvas.style.aspectRatio = `${columns} / ${rows}`;
    const help = el("p", { class: "hint", id: newId() }, HELP);
    this.#canvas.setAttribute("aria-describedby", help.id);
    const rubber = button("Rubber", () => this.#switchRubber(rubber), { class: "chip", "aria-pressed": "false" });
    const clear = button("Clear", () => this.#clear(), { class: "quiet" });
    const absent = state.mayBeAbsent && chip(this, "left out", () => state.presence === "absent", () => state.become(state.presence === "absent" ? "set" : "absent"));
    const toNull = nullChip(this);
    this.body.classList.add("draw");
    this.body.append(this.#canvas, el("div", { class: "actions" }, rubber, clear, absent, toNull), help, this.#said);
    this.#canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) this.#canvas.addEventListener(name, () => this.#up());
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
    for (const name of /** @type {const} */ (["focus", "blur"])) this.#canvas.addEventListener(name, () => this.update());
    this.#canvas.setAttribute("aria-label", `Drawing of ${columns} × ${rows} pixels: ${state.place.label}`);
    this.update();
  }

  /** @override */
  update() {
    const { grid, pixels, presence } = this.state;
    this.#canvas.dataset.presence = presence;
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    const image = context.createImageData(grid.columns, grid.rows);
    for (let index = 0; index < grid.rows * grid.columns; index += 1) {
      const ink = presence === "set" ? this.#inkAt(pixels[index]) : 0;
      image.data.set([0, 0, 0, Math.round(ink * 255)], index * 4);
    }
    context.putImageData(image, 0, 0);
    if (document.activeElement === this.#canvas && this.#pen === null) this.#drawCursor(context);
  }

  /** @override */
  focus() {
    this.#canvas.focus();
  }

  /** @param {number} value 0 is paper, 1 is ink */
  #inkAt(value) {
    const { least, most } = this.state.grid;
    return Math.min(1, Math.max(0, (value - least) / (most - least)));
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawCursor(context) {
    context.fillStyle = "rgb(0 140 170 / 70%)";
    context.fillRect(this.#cursor.column, this.#cursor.row, 1, 1);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pen = this.#placeOf(event);
    this.#stroke(this.#pen, this.#pen);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (this.#pen === null) return;
    // Between two frames a quick hand goes a long way.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length > 0 ? events : [event]) {
      const place = this.#placeOf(one);
      this.#stroke(this.#pen, place);
      this.#pen = place;
    }
  }

  #up() {
    if (this.#pen === null) return;
    this.#pen = null;
    this.tell();
  }

  /** @param {PointerEvent} event in pixels of the image, from the middle of the first */
  #placeOf(event) {
    const box = this.#canvas.getBoundingClientRect();
    const { rows, columns } = this.state.grid;
    return { row: ((event.clientY - box.top) / box.height) * rows - 0.5, column: ((event.clientX - box.left) / box.width) * columns - 0.5 };
  }

  /**
   * @param {{row: number, column: number}} from
   * @param {{row: number, column: number}} to
   */
  #stroke(from, to) {
    const { rows, columns } = this.state.grid;
    const radius = Math.max(0.55, Math.min(rows, columns) / 24);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const ink = Math.min(1, Math.max(0, radius + 0.5 - distance({ row, column }, from, to)));
        if (ink > 0) this.#shade(row, column, ink);
      }
    }
    this.state.drawn();
    this.state.changed();
  }

  /**
   * @param {number} row
   * @param {number} column
   * @param {number} ink how much at least; or of rubbing out, how much
   */
  #shade(row, column, ink) {
    const { grid, pixels } = this.state;
    const index = row * grid.columns + column;
    const now = this.#inkAt(pixels[index]);
    this.#put(index, this.#isRubber ? Math.min(now, 1 - ink) : Math.max(now, ink));
  }

  /**
   * @param {number} index
   * @param {number} ink
   */
  #put(index, ink) {
    const { least, most, isWhole } = this.state.grid;
    const value = least + ink * (most - least);
    this.state.pixels[index] = isWhole || most - least > 2 ? Math.round(value) : Number(value.toFixed(4));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { rows, columns } = this.state.grid;
    const step = STEPS[event.key];
    if (step !== undefined) {
      this.#cursor.row = Math.min(rows - 1, Math.max(0, this.#cursor.row + step[0]));
      this.#cursor.column = Math.min(columns - 1, Math.max(0, this.#cursor.column + step[1]));
    } else if (event.key === " ") this.#ink(this.#inkHere > 0.5 ? 0 : 1);
    else if (/^[0-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey) this.#ink(Number(event.key) / 9);
    else return;
    event.preventDefault();
    this.update();
    const { row, column } = this.#cursor;
    this.#said.textContent = `Row ${row + 1}, column ${column + 1}: ${Math.round(this.#inkHere * 100)} % ink`;
  }

  get #inkHere() {
    const { grid, pixels, presence } = this.state;
    return presence === "set" ? this.#inkAt(pixels[this.#cursor.row * grid.columns + this.#cursor.column]) : 0;
  }

  /** @param {number} ink */
  #ink(ink) {
    this.#put(this.#cursor.row * this.state.grid.columns + this.#cursor.column, ink);
    this.state.drawn();
    this.state.changed();
    this.tell();
  }

  /** @param {HTMLElement} rubber */
  #switchRubber(rubber) {
    this.#isRubber = !this.#isRubber;
    rubber.setAttribute("aria-pressed", String(this.#isRubber));
  }

  #clear() {
    this.state.wipe();
    this.tell();
  }
}

/**
 * From a place to the nearest point of a line.
 *
 * @param {{row: number, column: number}} place
 * @param {{row: number, column: number}} from
 * @param {{row: number, column: number}} to
 */
function distance(place, from, to) {
  const [height, width] = [to.row - from.row, to.column - from.column];
  const length = height * height + width * width;
  const along = length === 0 ? 0 : ((place.row - from.row) * height + (place.column - from.column) * width) / length;
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(place.row - from.row - part * height, place.column - from.column - part * width);
}
