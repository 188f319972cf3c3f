// The control of bytes that are sent as base64: a file that is chosen, dropped or pasted, a photo, or a recording.

import { button, el, newId } from "../dom.js";
import { toBase64 } from "../schema/tensor.js";
import { LabelledControl, nullChip, shortened } from "./control.js";
import { Camera } from "./media/camera.js";
import { asImage } from "./media/image.js";
import { Recorder } from "./media/recorder.js";

/** @typedef {import("./state/file.js").FileState} FileState */

/** @extends {LabelledControl<FileState>} */
export class FileControl extends LabelledControl {
  #media;
  #chooser;
  #preview = el("div", { class: "preview" });
  #about = el("p", { class: "hint", role: "status" });
  #remove = button("Remove", () => this.#drop(), { class: "quiet" });
  /** @type {Camera | Recorder | null} */
  #device;
  #shown = "";

  /** @param {FileState} state */
  constructor(state) {
    const { contentMediaType } = state.field.schema;
    const media = typeof contentMediaType === "string" ? contentMediaType.split(";")[0].trim().toLowerCase() : "";
    const chooser = el("input", { type: "file", accept: media || null });
    super(state, chooser);
    this.#media = media;
    this.#chooser = chooser;
    const taken = (/** @type {Blob} */ blob, /** @type {string} */ name) => void this.#take(blob, name);
    this.#device = media.startsWith("image/") ? Camera.ifAny(taken) : media.startsWith("audio/") ? Recorder.ifAny(taken, media) : null;
    const hint = el("p", { class: "small-print", id: newId() }, media.startsWith("image/") ? "Or drop or paste an image here." : "Or drop a file here.");
    const toNull = nullChip(this);
    this.box.classList.add("files");
    this.box.after(this.#preview, this.#about, el("div", { class: "actions" }, this.#device?.element, this.#remove, toNull), hint);
    chooser.addEventListener("change", () => chooser.files?.[0] && taken(chooser.files[0], chooser.files[0].name));
    this.#listen(taken);
    this.update();
  }

  /** @override */
  update() {
    const { presence, text, name } = this.state;
    const base64 = presence === "set" ? text : "";
    this.#remove.hidden = presence !== "set";
    if (presence !== "set") this.#chooser.value = "";
    const bytes = Math.floor((base64.length * 3) / 4) - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
    this.#about.textContent = presence === "null" ? "null" : presence === "absent" ? "" : [shortened(name, 100), size(bytes)].filter(Boolean).join(" · ");
    if (base64 !== this.#shown) this.#show(base64);
  }

  /** @param {(blob: Blob, name: string) => void} taken */
  #listen(taken) {
    this.element.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.box.dataset.over = "";
    });
    for (const name of /** @type {const} */ (["dragleave", "drop"])) this.element.addEventListener(name, () => delete this.box.dataset.over);
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) taken(file, file.name);
    });
    this.element.addEventListener("paste", (event) => {
      const file = event.clipboardData?.files[0];
      if (file === undefined) return;
      event.preventDefault();
      taken(file, file.name);
    });
  }

  /**
   * @param {Blob} blob
   * @param {string} name
   */
  async #take(blob, name) {
    const converted = this.#media.startsWith("image/") ? await asImage(blob, this.#media) : blob;
    this.state.hold(toBase64(new Uint8Array(await converted.arrayBuffer())), name);
    this.tell();
  }

  #drop() {
    this.state.become("absent");
    this.focus();
    this.tell();
  }

  /** @param {string} base64 */
  #show(base64) {
    this.#shown = base64;
    this.#preview.replaceChildren();
    if (base64 === "") return;
    if (this.#media.startsWith("image/")) this.#preview.append(this.#image(base64));
    if (this.#media.startsWith("audio/")) this.#preview.append(this.#sound(base64));
  }

  /** @param {string} base64 */
  #sound(base64) {
    const type = /^audio\/[\w.+-]+$/.test(this.#media) ? this.#media : "audio/wav";
    const player = el("audio", { controls: true, src: `data:${type};base64,${base64}`, "aria-label": `What is sent as ${this.state.place.label}` });
    player.addEventListener("error", () => player.replaceWith(el("p", { class: "hint" }, "This is no sound that the browser can play.")));
    return player;
  }

  /** @param {string} base64 */
  #image(base64) {
    const type = /^image\/[\w.+-]+$/.test(this.#media) ? this.#media : "image/png";
    const image = el("img", { src: `data:${type};base64,${base64}`, alt: `What is sent as ${this.state.place.label}` });
    image.addEventListener("error", () => image.replaceWith(el("p", { class: "hint" }, "This is no image that the browser can show.")));
    return image;
  }
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
