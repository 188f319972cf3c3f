// Takes a photo with a camera, where there is one.

import { button, el } from "../../dom.js";
import { blobOf } from "./image.js";

export class Camera {
  #taken;
  /** @type {MediaStream | null} */
  #stream = null;
  #video = el("video", { playsinline: true, "aria-label": "Camera" });
  #start = button("Take a photo", () => void this.#open(), { class: "quiet" });
  #shoot = button("Shoot", () => void this.#capture(), { class: "primary" });
  #panel = el("div", { class: "camera", hidden: true }, this.#video, this.#shoot, button("Cancel", () => this.#close()));
  #said = el("p", { class: "hint", role: "status" });
  element = el("div", { class: "device" }, this.#start, this.#panel, this.#said);

  /** @param {(blob: Blob, name: string) => void} taken */
  static ifAny(taken) {
    return navigator.mediaDevices?.getUserMedia === undefined ? null : new Camera(taken);
  }

  /** @param {(blob: Blob, name: string) => void} taken */
  constructor(taken) {
    this.#taken = taken;
    this.#video.muted = true;
  }

  async #open() {
    this.#said.textContent = "";
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.#said.textContent = "There is no camera, or this page may not use it.";
      return;
    }
    this.#video.srcObject = this.#stream;
    this.#panel.hidden = false;
    this.#start.hidden = true;
    await this.#video.play();
    this.#shoot.focus();
    // Whoever goes elsewhere is not filmed on.
    if (!this.element.isConnected) this.#close();
    else requestAnimationFrame(this.#watch);
  }

  #watch = () => {
    if (this.#stream === null) return;
    if (this.element.isConnected) requestAnimationFrame(this.#watch);
    else this.#close();
  };

  async #capture() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const canvas = Object.assign(el("canvas"), { width, height });
    canvas.getContext("2d")?.drawImage(this.#video, 0, 0);
    this.#close();
    const blob = await blobOf(canvas, "image/png");
    if (blob !== null) this.#taken(blob, "Photo");
  }

  #close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
    this.#panel.hidden = true;
    this.#start.hidden = false;
    this.#start.focus();
  }
}
