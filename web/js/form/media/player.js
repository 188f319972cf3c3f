// Plays a sound. Not an <audio> element: the page's policy lets that load from the service alone.

import { button, el } from "../../dom.js";

export class Player {
  #bytes;
  /** @type {AudioContext | null} */
  #context = null;
  #toggle = button("Play", () => void (this.#context === null ? this.#play() : this.#stop()), { class: "quiet" });
  #said = el("p", { class: "hint", role: "status" });
  element = el("div", { class: "device" }, this.#toggle, this.#said);

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  async #play() {
    const context = new AudioContext();
    this.#context = context;
    this.#toggle.textContent = "Stop";
    try {
      // What is decoded is taken away from whoever holds it.
      const buffer = await context.decodeAudioData(this.#bytes.slice().buffer);
      const source = new AudioBufferSourceNode(context, { buffer });
      source.addEventListener("ended", () => this.#stop());
      source.connect(context.destination);
      source.start();
      this.#said.textContent = `${buffer.duration.toFixed(1)} s`;
    } catch {
      this.#said.textContent = "This is no sound that the browser can play.";
      this.#stop();
    }
  }

  #stop() {
    void this.#context?.close();
    this.#context = null;
    this.#toggle.textContent = "Play";
  }
}
