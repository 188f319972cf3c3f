// Takes a photo with a camera, where there is one.

import { button, el } from "../../dom.js";
import { openDevice, stopDevice } from "./device.js";
import { blobOf } from "./image.js";

export class Camera {
  #taken;
  #isOpening = false;
  /** @type {MediaStream | null} */
  #stream = null;
  #video = el("video", { autoplay: true, playsinline: true, "aria-label": "Camera" });
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
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#said.textContent = "";
    try {
      this.#show(await openDevice({ video: { facingMode: "environment" } }, "camera"));
    } catch (error) {
      this.#said.textContent = /** @type {Error} */ (error).message;
    } finally {
      this.#isOpening = false;
    }
  }

  /** @param {MediaStream} stream */
  #show(stream) {
    this.#stream = stream;
    this.#video.srcObject = stream;
    this.#panel.hidden = false;
    this.#start.hidden = true;
    this.#shoot.focus();
    requestAnimationFrame(this.#watch);
  }

  /** Whoever goes elsewhere is not filmed on. */
  #watch = () => {
    if (this.#stream === null) return;
    if (this.element.isConnected) requestAnimationFrame(this.#watch);
    else this.#close();
  };

  async #capture() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width === 0) return; // nothing has been seen yet
    const canvas = Object.assign(el("canvas"), { width, height });
    canvas.getContext("2d")?.drawImage(this.#video, 0, 0);
    this.#close();
    const blob = await blobOf(canvas, "image/png");
    if (blob !== null) this.#taken(blob, "Photo");
  }

  #close() {
    stopDevice(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
    this.#panel.hidden = true;
    this.#start.hidden = false;
    this.#start.focus();
  }
}
