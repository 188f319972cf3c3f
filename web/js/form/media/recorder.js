// Records sound with a microphone, where there is one.

import { button, el } from "../../dom.js";
import { openDevice, stopDevice } from "./device.js";
import { asWav, isWav } from "./wav.js";

export class Recorder {
  #taken;
  #media;
  #isOpening = false;
  /** @type {MediaRecorder | null} */
  #recorder = null;
  #startedAt = 0;
  #toggle = button("Record", () => void (this.#recorder === null ? this.#start() : this.#recorder.stop()), { class: "quiet" });
  #clock = el("span", { class: "clock", "aria-hidden": "true" });
  #said = el("p", { class: "hint", role: "status" });
  element = el("div", { class: "device" }, this.#toggle, this.#clock, this.#said);

  /**
   * @param {(blob: Blob, name: string) => void} taken
   * @param {string} media
   */
  static ifAny(taken, media) {
    const isThere = navigator.mediaDevices?.getUserMedia !== undefined && "MediaRecorder" in window;
    return isThere ? new Recorder(taken, media) : null;
  }

  /**
   * @param {(blob: Blob, name: string) => void} taken
   * @param {string} media that is asked for
   */
  constructor(taken, media) {
    this.#taken = taken;
    this.#media = media;
  }

  async #start() {
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#said.textContent = "";
    try {
      this.#record(await openDevice({ audio: true }, "microphone"));
    } catch (error) {
      this.#said.textContent = /** @type {Error} */ (error).message;
    } finally {
      this.#isOpening = false;
    }
  }

  /** @param {MediaStream} stream */
  #record(stream) {
    const isKnown = MediaRecorder.isTypeSupported(this.#media);
    const recorder = new MediaRecorder(stream, isKnown ? { mimeType: this.#media } : {});
    /** @type {Blob[]} */
    const pieces = [];
    recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    recorder.addEventListener("stop", () => {
      stopDevice(stream);
      this.#stopped();
      if (this.element.isConnected) void this.#finish(new Blob(pieces, { type: recorder.mimeType }));
    });
    this.#recorder = recorder;
    this.#startedAt = performance.now();
    this.#toggle.textContent = "Stop recording";
    recorder.start();
    this.#tick();
  }

  #tick() {
    if (this.#recorder === null) return;
    this.#clock.textContent = `${((performance.now() - this.#startedAt) / 1000).toFixed(1)} s`;
    // Whoever goes elsewhere is not listened to.
    if (this.element.isConnected) requestAnimationFrame(() => this.#tick());
    else this.#recorder.stop();
  }

  #stopped() {
    this.#recorder = null;
    this.#toggle.textContent = "Record";
    this.#clock.textContent = "";
  }

  /** @param {Blob} blob */
  async #finish(blob) {
    try {
      this.#taken(isWav(this.#media) ? await asWav(blob) : blob, "Recording");
    } catch {
      this.#said.textContent = "Nothing was recorded.";
    }
  }
}
